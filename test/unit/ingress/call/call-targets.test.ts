import { describe, expect, it } from '@jest/globals'
import type { HealthTarget } from '../../../../ingress/backend-health/health-address.ts'
import { type CallTarget, callTargets } from '../../../../ingress/call/call-targets.ts'
import { MAX_ENDPOINT_TRIES, MAX_TARGETS } from '../../../../ingress/call/limits.ts'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import type { Backend, TableEntry, UriBackend } from '../../../../ingress/route-table/route-table.ts'
import { serviceEntry } from '../../../support/table-entries.ts'

const PBX = 'team/pbx:5060'

const service = (fields: Partial<Backend> = {}): Backend => ({ service: PBX, weight: 1, tier: 0, ...fields })

function address(text: string, fields: Partial<UriBackend> = {}): UriBackend {
  return { uri: `sip:${text}`, address: text, port: 5060, uriParameters: '', weight: 1, tier: 0, ...fields }
}

/** A Service of so many ready endpoints, 10.0.0.1 and so on. */
function fleet(size: number): TableEntry {
  return serviceEntry('pbx', { ready: Array.from({ length: size }, (_, i) => `10.0.0.${i + 1}`) })
}

interface World {
  readonly entries: readonly TableEntry[]
  readonly paused?: readonly string[]
  readonly ejected?: readonly string[]
  readonly fraction?: () => number
}

function targets(
  backends: readonly Backend[],
  { entries, paused = [], ejected = [], fraction = () => 0 }: World,
): readonly CallTarget[] {
  const table = createLiveTable()
  table.load(entries, 1)
  const standing = ({ place }: HealthTarget) =>
    paused.includes(place) ? 'paused' : ejected.includes(place) ? 'ejected' : 'use'
  return callTargets(backends, { table, health: { quiet: false, standing, share: () => 1 }, fraction }).targets
}

const texts = (found: readonly CallTarget[]) => found.map((target) => `${target.address.text}:${target.port}`)

/** Numbers of a fixed sequence that goes through the range evenly. */
function evenly(): () => number {
  let last = 0
  return () => {
    last = (last + 0.618_033_988_749_895) % 1
    return last
  }
}

describe('a Service as a backend', () => {
  it('becomes its ready endpoints, under its own name and over its transport', () => {
    const entry = serviceEntry('pbx', { ready: ['10.0.0.1', '10.0.0.2 5070'], draining: ['10.0.0.3'] })
    const found = targets([service()], { entries: [entry] })
    expect(texts(found)).toEqual(['10.0.0.1:5060', '10.0.0.2:5070'])
    expect(found.map(({ id, place, transport }) => [id, place, transport])).toEqual([
      [PBX, '10.0.0.1:5060', 'UDP'],
      [PBX, '10.0.0.2:5070', 'UDP'],
    ])
  })

  it('shares its calls evenly among them', () => {
    const fraction = evenly()
    const firsts = Array.from({ length: 3000 }, () => texts(targets([service()], { entries: [fleet(3)], fraction }))[0])
    for (const place of ['10.0.0.1:5060', '10.0.0.2:5060', '10.0.0.3:5060']) {
      const share = firsts.filter((first) => first === place).length
      expect(share).toBeGreaterThan(900)
      expect(share).toBeLessThan(1100)
    }
  })

  it('gives every endpoint a turn in an order that is drawn anew', () => {
    const found = targets([service()], { entries: [fleet(4)], fraction: () => 0.999 })
    expect(texts(found)).toEqual(['10.0.0.4:5060', '10.0.0.1:5060', '10.0.0.2:5060', '10.0.0.3:5060'])
  })

  it('has no more endpoints tried than the limit', () => {
    const found = texts(targets([service()], { entries: [fleet(20)], fraction: evenly() }))
    expect(new Set(found).size).toBe(MAX_ENDPOINT_TRIES)
    expect(found).toHaveLength(MAX_ENDPOINT_TRIES)
  })

  it('tries its ejected endpoints last, and still no more endpoints than the limit', () => {
    const ejected = Array.from({ length: 13 }, (_, i) => `10.0.0.${i + 1}:5060`)
    const found = texts(targets([service()], { entries: [fleet(20)], ejected, fraction: evenly() }))
    expect(found).toHaveLength(MAX_ENDPOINT_TRIES)
    expect(found.map((place) => ejected.includes(place))).toEqual([...Array(7).fill(false), true])
  })

  it('leaves out an endpoint that asked to be left alone', () => {
    const found = targets([service()], { entries: [fleet(3)], paused: ['10.0.0.2:5060'] })
    expect(texts(found)).toEqual(['10.0.0.1:5060', '10.0.0.3:5060'])
  })

  it.each<[string, TableEntry[]]>([
    ['is not in the table', []],
    ['has no endpoint', [fleet(0)]],
    ['has draining endpoints only', [serviceEntry('pbx', { draining: ['10.0.0.1'] })]],
  ])('that %s leaves the call to the other backends', (_what, entries) => {
    expect(texts(targets([service(), address('10.9.9.9', { tier: 1 })], { entries }))).toEqual(['10.9.9.9:5060'])
  })

  it('counts by its own weight, however many endpoints it has', () => {
    const backends = [service({ weight: 10 }), address('10.9.9.9', { weight: 90 })]
    const fraction = evenly()
    const firsts = Array.from({ length: 3000 }, () => texts(targets(backends, { entries: [fleet(5)], fraction }))[0])
    const share = firsts.filter((first) => first === '10.9.9.9:5060').length
    expect(share).toBeGreaterThan(2600)
    expect(share).toBeLessThan(2800)
  })

  it('is tried tier by tier: all its endpoints before a backend of a higher tier', () => {
    const found = targets([address('10.9.9.9', { tier: 1 }), service()], { entries: [fleet(2)] })
    expect(texts(found)).toEqual(['10.0.0.1:5060', '10.0.0.2:5060', '10.9.9.9:5060'])
  })
})

describe('the targets of a call', () => {
  it('§16.5: name a place once, though a Service and an address lead there', () => {
    const backends = [service(), address('10.0.0.1', { transport: 'UDP', tier: 1 }), address('10.0.0.1', { tier: 1 })]
    const found = targets(backends, { entries: [fleet(1)] })
    expect(found.map(({ id, transport }) => [id, transport])).toEqual([
      [PBX, 'UDP'],
      ['sip:10.0.0.1', undefined],
    ])
  })

  it('are no more than the limit', () => {
    const many = Array.from({ length: MAX_TARGETS }, (_, i) => address(`10.1.0.${i}`))
    expect(targets([...many, service({ tier: 1 })], { entries: [fleet(2)] })).toHaveLength(MAX_TARGETS)
  })
})
