import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import type { HealthTarget } from '../../../../ingress/backend-health/health-address.ts'
import { MIN_USABLE_SHARE } from '../../../../ingress/backend-health/limits.ts'
import { foundTargets, targetOrder } from '../../../../ingress/call/target-order.ts'

interface Place extends HealthTarget {
  readonly tier: number
  readonly ejected: boolean
  readonly share: number
}

/** A rule: a few tiers of a few addresses each. */
const rule: fc.Arbitrary<Place[]> = fc
  .array(
    fc.array(fc.record({ ejected: fc.boolean(), share: fc.constantFrom(1, 0.5, 0.1) }), { minLength: 1, maxLength: 6 }),
    { minLength: 1, maxLength: 4 },
  )
  .map((tiers) => tiers.flatMap((tier, at) => tier.map((one, i) => place(at, i, one))))

function place(tier: number, i: number, { ejected, share }: Pick<Place, 'ejected' | 'share'>): Place {
  const address = parseIpAddress(`10.0.${tier}.${i + 1}`)
  if (!address) throw new Error('unreachable')
  const id = `sip:${address.text}`
  return {
    id,
    place: id,
    address,
    port: 5060,
    transport: 'UDP',
    uriParameters: '',
    tier,
    ejected,
    share: ejected ? 1 : share,
  }
}

function order(places: readonly Place[], fraction = 0.7) {
  const health = {
    quiet: false,
    standing: (target: HealthTarget) => (places.find(({ id }) => id === target.id)?.ejected ? 'ejected' : 'use'),
    share: (target: HealthTarget) => places.find(({ id }) => id === target.id)?.share ?? 1,
  } as const
  const found = places.map((one) => {
    const { port, id: uri, tier } = one
    return foundTargets({ uri, address: one.address.text, port, uriParameters: '', weight: 1, tier }, [one], health)
  })
  return targetOrder(found, (_backend, targets) => targets, { health, fraction: () => fraction })
}

const tierOf = (places: readonly Place[], tier: number) => places.filter((one) => one.tier === tier)
const usableShare = (places: readonly Place[]) => places.filter(({ ejected }) => !ejected).length / places.length

describe('the order of targets by health', () => {
  it('has every target once, whatever is ejected', () => {
    fc.assert(
      fc.property(rule, (places) => {
        const { ordered } = order(places)
        expect(ordered.map(({ id }) => id).toSorted()).toEqual(places.map(({ id }) => id).toSorted())
      }),
    )
  })

  it('passes over no more than a part of a tier, unless a later tier has enough', () => {
    fc.assert(
      fc.property(rule, (places) => {
        const { ejected } = order(places)
        const tiers = [...new Set(places.map(({ tier }) => tier))]
        for (const tier of tiers) {
          const all = tierOf(places, tier)
          const passedOver = all.filter(({ id }) => ejected.includes(id)).length
          const standby = tiers.some((later) => later > tier && usableShare(tierOf(places, later)) >= MIN_USABLE_SHARE)
          if (!standby) expect(passedOver / all.length).toBeLessThanOrEqual(1 - MIN_USABLE_SHARE)
        }
      }),
    )
  })

  it('has no ejected target before a usable one, except where a whole tier is used', () => {
    fc.assert(
      fc.property(rule, (places) => {
        const { ordered, ejected } = order(places)
        const behind = ordered.findIndex(({ id }) => ejected.includes(id))
        if (behind !== -1) expect(ordered.slice(behind).every(({ id }) => ejected.includes(id))).toBe(true)
      }),
    )
  })
})

describe('some orders', () => {
  const ids = (places: readonly Place[], fraction?: number) =>
    order(places, fraction).ordered.map(({ id }) => id.slice(9))
  const up = { ejected: false, share: 1 }
  const down = { ejected: true, share: 1 }

  it.each<[string, readonly Place[], readonly string[]]>([
    ['one of two is ejected', [place(0, 0, down), place(0, 1, up)], ['0.2', '0.1']],
    ['both are ejected, and nothing is passed over', [place(0, 0, down), place(0, 1, down)], ['0.1', '0.2']],
    [
      'three of four are ejected, which is too many',
      [place(0, 0, down), place(0, 1, down), place(0, 2, down), place(0, 3, up)],
      ['0.4', '0.1', '0.2', '0.3'].toSorted(),
    ],
    [
      'the first tier is ejected, and the standby takes its calls',
      [place(0, 0, down), place(1, 0, up)],
      ['1.1', '0.1'],
    ],
    ['the standby is ejected, too', [place(0, 0, down), place(1, 0, down)], ['0.1', '1.1']],
  ])('%s', (_what, places, expected) => {
    const found = ids(places)
    expect(places.length === 4 ? found.toSorted() : found).toEqual(expected)
  })

  it('a slow start moves a target behind its tier for the part of the calls that it is not to get', () => {
    const places = [place(0, 0, { ejected: false, share: 0.5 }), place(0, 1, up), place(1, 0, up)]
    expect(ids(places, 0.4)).toEqual(['0.1', '0.2', '1.1'])
    expect(ids(places, 0.6)).toEqual(['0.2', '0.1', '1.1'])
  })
})
