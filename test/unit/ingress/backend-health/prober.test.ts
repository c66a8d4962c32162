import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import { FIRST_PROBES_MS } from '../../../../ingress/backend-health/limits.ts'
import { probePlan } from '../../../../ingress/backend-health/probe-plan.ts'
import { createProber } from '../../../../ingress/backend-health/prober.ts'
import type { ProbeRequest, ProbeResult } from '../../../../ingress/sip/port/engine.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const INTERVAL_MS = 10_000

function planOf(places: readonly string[], change: { readonly intervalMs?: number; readonly user?: string } = {}) {
  return probePlan(
    places.map((text) => {
      const address = parseIpAddress(text)
      if (!address) throw new TypeError(`${text} is no address`)
      const target = { id: text, place: text, address, port: 5060, transport: undefined, uriParameters: '' }
      const probe = { intervalMs: INTERVAL_MS, timeoutMs: 2_000, failures: 3, successes: 2, statuses: [503], ...change }
      return { target, probe }
    }),
  )
}

interface Sent extends ProbeRequest {
  readonly at: number
  readonly done: (result: ProbeResult) => void
}

/** A prober whose probes are answered after `answerMs`; with Infinity they never are. */
function started({ answerMs = 100, fraction = () => 0.5 }: { answerMs?: number; fraction?: () => number } = {}) {
  const clock = new FakeClock()
  const sent: Sent[] = []
  const results: string[] = []
  const gone: string[] = []
  let cancelled = 0
  const prober = createProber({
    clock,
    fraction,
    send: (request, done) => {
      sent.push({ ...request, at: clock.now(), done })
      if (answerMs === 0) done({ type: 'unsent' })
      else if (answerMs < Number.POSITIVE_INFINITY) clock.after(answerMs, done, { type: 'answered', status: 200 })
      return () => {
        cancelled++
      }
    },
    onResult: ({ target }, { type }) => results.push(`${target.id} ${type}`),
    onGone: ({ target }) => gone.push(target.id),
  })
  return { clock, sent, results, gone, prober, cancelled: () => cancelled }
}

describe('the prober', () => {
  it('probes an address soon after it is in the plan, and then once per interval', () => {
    const { clock, sent, prober, results } = started()
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(FIRST_PROBES_MS + 3 * INTERVAL_MS)
    expect(sent.map(({ at }) => at)).toEqual([2_500, 12_500, 22_500, 32_500])
    expect(results).toEqual(Array(4).fill('10.0.0.1 answered'))
  })

  it('spreads first probes and varies the intervals, so that pods do not probe together', () => {
    const fractions = [0.1, 0, 0.9999, 0]
    const { clock, sent, prober } = started({ fraction: () => fractions.shift() ?? 0.5 })
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(40_000)
    expect(sent.slice(0, 3).map(({ at }) => Math.round(at))).toEqual([500, 9_500, 20_500])
  })

  it('has one probe under way at a time', () => {
    const { clock, sent, prober } = started({ answerMs: Number.POSITIVE_INFINITY })
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(60_000)
    expect(sent).toHaveLength(1)
    sent[0]?.done({ type: 'timeout' })
    clock.advance(0)
    expect(sent).toHaveLength(2)
  })

  it('goes on at its times where a probe cannot be sent', () => {
    const { clock, results, prober } = started({ answerMs: 0 })
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(25_000)
    expect(results).toEqual(Array(3).fill('10.0.0.1 unsent'))
  })

  it('keeps the times of an address that stays, and uses its new settings', () => {
    const { clock, sent, prober } = started()
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(3_000)
    prober.follow(planOf(['10.0.0.1', '10.0.0.2'], { user: 'ping' }))
    clock.advance(10_000)
    expect(sent.map(({ at, target, user }) => `${at} ${target.id} ${user}`)).toEqual([
      '2500 10.0.0.1 undefined',
      '5500 10.0.0.2 ping',
      '12500 10.0.0.1 ping',
    ])
  })

  it('does not wait for the old interval where the new one is shorter', () => {
    const { clock, sent, prober } = started()
    prober.follow(planOf(['10.0.0.1'], { intervalMs: 3_600_000 }))
    clock.advance(3_000)
    prober.follow(planOf(['10.0.0.1'], { intervalMs: 5_000 }))
    clock.advance(5_000)
    expect(sent.map(({ at }) => at)).toEqual([2_500, 5_500])
  })

  it('stops probing an address that no rule names, also in the middle of a probe', () => {
    const { clock, sent, gone, prober, cancelled } = started({ answerMs: Number.POSITIVE_INFINITY })
    prober.follow(planOf(['10.0.0.1']))
    clock.advance(3_000)
    prober.follow(planOf([]))
    clock.advance(100_000)
    expect([sent.length, gone, cancelled(), clock.pending]).toEqual([1, ['10.0.0.1'], 1, 0])
  })

  it('ends without a timer, and what it has found stays', () => {
    const { clock, gone, prober } = started()
    prober.follow(planOf(['10.0.0.1', '10.0.0.2']))
    prober.close()
    expect([clock.pending, gone]).toEqual([0, []])
  })
})
