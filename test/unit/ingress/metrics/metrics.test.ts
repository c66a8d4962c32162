import { describe, expect, it } from '@jest/globals'
import { createMetrics, type Metrics } from '../../../../ingress/metrics/metrics.ts'
import type { AttemptResult } from '../../../../ingress/sip/port/engine.ts'
import { callDecided, callSource } from '../../../support/call-event.ts'
import { parseExposition, sampleValue } from '../../../support/exposition-text.ts'

const responses = { noRule: { status: 503, reason: 'Service Unavailable' }, noBackend: { status: 480, reason: 'No' } }
const acme = { name: 'default/acme', responses }

function metricsAt(clock = { now: 0, wall: 0 }): Metrics {
  return createMetrics({
    version: '1.2.3',
    engine: 'native',
    installation: 'voice/phone',
    ruleSeries: 2,
    now: () => clock.now,
    wallClock: () => clock.wall,
  })
}

function table(overrides: Partial<Parameters<Metrics['tableChanged']>[0]> = {}) {
  return {
    version: 7,
    entries: 2,
    trunks: [acme],
    ruleNames: new Set(['default/sales']),
    backendNames: new Set(['sip:10.0.0.5:5060']),
    names: new Map(),
    ...overrides,
  }
}

const backend = 'sip:10.0.0.5:5060'
const INVITES = 'sip_dispatch_invites_total'
const DROPPED = 'sip_dispatch_dropped_total'

describe('the series of a trunk', () => {
  it('are at 0 as soon as the table has it, with the statuses that it is configured with', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    const text = await metrics.text()
    const trunk = 'default/acme'
    expect(sampleValue(text, INVITES, { outcome: 'no_rule', trunk, status: '503' })).toBe(0)
    expect(sampleValue(text, INVITES, { outcome: 'no_backend', trunk, status: '480' })).toBe(0)
    expect(sampleValue(text, INVITES, { outcome: 'draining', trunk, status: '503' })).toBe(0)
    expect(sampleValue(text, 'sip_dispatch_invites_unanswered_total', { trunk })).toBe(0)
    for (const reason of ['called', 'schedule']) {
      expect(sampleValue(text, 'sip_dispatch_no_rule_total', { trunk, reason })).toBe(0)
    }
    expect(sampleValue(text, 'sip_dispatch_near_misses_total', { trunk, reason: 'transport', method: 'INVITE' })).toBe(
      0,
    )
    expect(sampleValue(text, 'sip_dispatch_first_response_seconds_count', { trunk })).toBe(0)
  })

  it('go when the trunk goes, and those of other trunks keep their counts', async () => {
    const metrics = metricsAt()
    const trunks = [acme, { ...acme, name: 'default/other' }]
    metrics.tableChanged(table({ trunks }))
    metrics.onEvent(callDecided())
    metrics.onEvent(callDecided({ trunk: 'default/other' }))
    metrics.tableChanged(table({ trunks: [acme] }))
    const text = await metrics.text()
    expect(text).not.toContain('default/other')
    expect(sampleValue(text, INVITES, { outcome: 'forwarded', trunk: 'default/acme', status: '200' })).toBe(1)
  })

  it('of a table with very many backends give way to those of the next table', async () => {
    const metrics = metricsAt()
    const backendNames = new Set(Array.from({ length: 300_000 }, (_, i) => `sip:backend-${i}`))
    metrics.tableChanged(table({ backendNames }))
    metrics.tableChanged(table({ backendNames: new Set(['sip:10.0.0.9:5060']) }))
    const text = await metrics.text()
    expect(text).toContain('sip:10.0.0.9:5060')
    expect(text).not.toContain('sip:backend-')
  })

  it('count a call that ends after its trunk has left the table', async () => {
    const metrics = metricsAt()
    metrics.onEvent(callDecided({ trunk: 'default/gone', status: 486 }))
    const labels = { outcome: 'forwarded', trunk: 'default/gone', status: '486' }
    expect(sampleValue(await metrics.text(), INVITES, labels)).toBe(1)
  })
})

describe('a decided call', () => {
  it('is counted once with its exact status, its reason and its times', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.onEvent(
      callDecided({ outcome: 'no_rule', status: 503, noRuleReason: 'calling', decidedAt: 1000.02, endedAt: 1000.6 }),
    )
    const text = await metrics.text()
    const trunk = 'default/acme'
    expect(sampleValue(text, INVITES, { outcome: 'no_rule', trunk, status: '503' })).toBe(1)
    expect(sampleValue(text, 'sip_dispatch_no_rule_total', { trunk, reason: 'calling' })).toBe(1)
    expect(sampleValue(text, 'sip_dispatch_decision_seconds_bucket', { le: '0.00001' })).toBe(0)
    expect(sampleValue(text, 'sip_dispatch_decision_seconds_bucket', { le: '0.000025' })).toBe(1)
    const final = 'sip_dispatch_final_response_seconds_bucket'
    expect(sampleValue(text, final, { outcome: 'no_rule', le: '0.0005' })).toBe(0)
    expect(sampleValue(text, final, { outcome: 'no_rule', le: '0.001' })).toBe(1)
    expect(sampleValue(text, final, { outcome: 'no_rule', le: '0.5' })).toBe(1)
  })

  it('that was dropped has the status none and no time to a final response', async () => {
    const metrics = metricsAt()
    metrics.onEvent(callDecided({ outcome: 'auth_drop', status: 0, trunk: '' }))
    const text = await metrics.text()
    expect(sampleValue(text, INVITES, { outcome: 'auth_drop', trunk: '', status: 'none' })).toBe(1)
    expect(sampleValue(text, 'sip_dispatch_final_response_seconds_count', { outcome: 'auth_drop' })).toBe(0)
  })

  it('that was forwarded is when the trunk was last well, in wall-clock time', async () => {
    const clock = { now: 0, wall: 0 }
    const metrics = metricsAt(clock)
    metrics.onEvent(callDecided({ endedAt: 1400 }))
    Object.assign(clock, { now: 11_400, wall: 1_700_000_010_000 })
    const name = 'sip_dispatch_last_forwarded_timestamp_seconds'
    expect(sampleValue(await metrics.text(), name, { trunk: 'default/acme' })).toBe(1_700_000_000)
  })
})

describe('datagrams that the kernel has dropped', () => {
  it('are counted all together', async () => {
    const metrics = metricsAt()
    for (const datagrams of [40, 2]) metrics.onEvent({ type: 'unread', datagrams })
    expect(sampleValue(await metrics.text(), 'sip_dispatch_unread_datagrams_total', {})).toBe(42)
  })
})

describe('a dropped packet', () => {
  it.each(['INVITE', 'OPTIONS', 'UPDATE'])('is counted by its method %s', async (method) => {
    const metrics = metricsAt()
    metrics.onEvent({ type: 'dropped', source: callSource('198.51.100.9'), reason: 'stranger', method })
    expect(sampleValue(await metrics.text(), DROPPED, { reason: 'stranger', method })).toBe(1)
  })

  it.each(['', 'invite', 'constructor', '__proto__', 'X"\n'])(
    'cannot make a series of its own method: %j',
    async (method) => {
      const metrics = metricsAt()
      metrics.onEvent({ type: 'dropped', source: callSource('198.51.100.9'), reason: 'malformed', method })
      expect(sampleValue(await metrics.text(), DROPPED, { reason: 'malformed', method: 'other' })).toBe(1)
    },
  )

  it('whose reason is not in the set is counted under other', async () => {
    const metrics = metricsAt()
    metrics.onEvent({ type: 'dropped', source: callSource('198.51.100.9'), reason: 'a new one', method: 'ACK' })
    expect(sampleValue(await metrics.text(), DROPPED, { reason: 'other', method: 'ACK' })).toBe(1)
  })

  it('that almost was a trunk’s is counted for that trunk', async () => {
    const metrics = metricsAt()
    const source = callSource('203.0.113.7')
    metrics.onEvent({ type: 'near-miss', source, trunk: 'default/acme', reason: 'called', method: 'INVITE' })
    const labels = { trunk: 'default/acme', reason: 'called', method: 'INVITE' }
    expect(sampleValue(await metrics.text(), 'sip_dispatch_near_misses_total', labels)).toBe(1)
  })
})

describe('rules, backends and the table', () => {
  it('counts a rule in its own series up to the bound, and in (other) beyond', async () => {
    const metrics = metricsAt()
    for (const rule of ['default/a', 'default/b', 'default/c', 'default/a', 'default/d']) {
      metrics.onEvent({ type: 'rule-won', rule })
    }
    const text = await metrics.text()
    const calls = (rule: string) => sampleValue(text, 'sip_dispatch_rule_calls_total', { rule })
    expect([calls('default/a'), calls('default/b'), calls('default/c'), calls('(other)')]).toEqual([2, 1, undefined, 2])
  })

  it('counts attempts by result, and the first response', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.onEvent({ type: 'backend-attempt', backend, result: 'timeout', status: 0, heard: false })
    metrics.onEvent({ type: 'first-response', trunk: 'default/acme', backend, status: 180, seconds: 0.3 })
    const text = await metrics.text()
    expect(sampleValue(text, 'sip_dispatch_backend_requests_total', { backend, result: 'timeout' })).toBe(1)
    const first = { trunk: 'default/acme', le: '0.5' }
    expect(sampleValue(text, 'sip_dispatch_first_response_seconds_bucket', first)).toBe(1)
  })

  it('removes the series of a backend that has left the table', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.tableChanged(table({ backendNames: new Set<string>() }))
    expect(await metrics.text()).not.toContain('sip:10.0.0.5:5060')
  })

  it('makes no series again of a backend that has left, when a call to it ends', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.tableChanged(table({ backendNames: new Set<string>() }))
    metrics.onEvent({ type: 'first-response', trunk: 'default/acme', backend, status: 180, seconds: 0.3 })
    metrics.onEvent({ type: 'backend-attempt', backend, result: 'transport', status: 0, heard: false })
    metrics.onEvent({ type: 'backend-health', backend, up: false, reason: 'retry_after' })
    expect(await metrics.text()).not.toContain('sip:10.0.0.5:5060')
  })

  it('says which table is in use and when it was last confirmed', async () => {
    const clock = { now: 0, wall: 5000 }
    const metrics = metricsAt(clock)
    expect(sampleValue(await metrics.text(), 'sip_dispatch_route_table_loaded', {})).toBe(0)
    metrics.tableChanged(table())
    expect(sampleValue(await metrics.text(), 'sip_dispatch_route_table_sync_timestamp_seconds', {})).toBe(undefined)
    clock.wall = 9000
    metrics.tableSynced()
    const text = await metrics.text()
    const gauge = (name: string) => sampleValue(text, `sip_dispatch_route_table_${name}`, {})
    expect([gauge('loaded'), gauge('version'), gauge('entries'), gauge('sync_timestamp_seconds')]).toEqual([1, 7, 2, 9])
  })

  it('counts a call without a final response', async () => {
    const metrics = metricsAt()
    metrics.onEvent({ type: 'unanswered', trunk: 'default/acme', callId: 'x' })
    const labels = { trunk: 'default/acme' }
    expect(sampleValue(await metrics.text(), 'sip_dispatch_invites_unanswered_total', labels)).toBe(1)
  })
})

describe('the exposition', () => {
  it('parses, with every bucket cumulative and +Inf equal to the count', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.onEvent(callDecided())
    metrics.onEvent(callDecided({ endedAt: 1_000_000 }))
    const final = parseExposition(await metrics.text()).find(
      ({ name }) => name === 'sip_dispatch_final_response_seconds',
    )
    const forwarded = final?.samples.filter(({ labels }) => labels['outcome'] === 'forwarded') ?? []
    const buckets = forwarded.filter(({ name }) => name.endsWith('_bucket')).map(({ value }) => value)
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
    expect(forwarded.find(({ labels }) => labels['le'] === '+Inf')?.value).toBe(2)
    expect(forwarded.find(({ name }) => name.endsWith('_count'))?.value).toBe(2)
  })

  it('of two instances in one process are apart', async () => {
    const [one, other] = [metricsAt(), metricsAt()]
    one.onEvent(callDecided())
    expect(await other.text()).not.toContain('default/acme')
  })
})

describe('backend_up', () => {
  type Attempt = readonly [result: AttemptResult, status: number, heard?: 'heard']

  /** Metrics whose one backend has had these attempts, and what they say of it. */
  function after(...attempts: readonly Attempt[]) {
    const clock = { now: 60_000, wall: 0 }
    const metrics = metricsAt(clock)
    metrics.tableChanged(table())
    const had = ([result, status, heard]: Attempt): void =>
      metrics.onEvent({ type: 'backend-attempt', backend, result, status, heard: heard !== undefined })
    for (const attempt of attempts) had(attempt)
    const up = async () => sampleValue(await metrics.text(), 'sip_dispatch_backend_up', { backend })
    return { clock, metrics, had, up }
  }

  it('is absent until an attempt says something of the backend', async () => {
    expect(await after().up()).toBe(undefined)
    expect(await after(['no_socket', 0], ['passed_over', 0], ['cancelled', 0]).up()).toBe(undefined)
  })

  it.each<Attempt>([
    ['transport', 0],
    ['timeout', 0],
    ['refused', 503, 'heard'],
  ])('is 0 where the first attempt ends with %s %s', async (...attempt) => {
    expect(await after(attempt).up()).toBe(0)
  })

  it.each<Attempt>([
    ['answered', 200, 'heard'],
    ['refused', 486, 'heard'],
    ['refused', 500, 'heard'],
    ['late', 200, 'heard'],
    ['cancelled', 487, 'heard'],
    ['timeout', 0, 'heard'],
  ])(
    'is 1 where an attempt ends with %s %s of a backend that has said something, whatever was before',
    async (...attempt) => {
      expect(await after(['transport', 0], ['timeout', 0], attempt).up()).toBe(1)
    },
  )

  it('forgives a failure while other calls are answered, and no longer', async () => {
    const { clock, had, up } = after(['answered', 200, 'heard'])
    had(['refused', 503, 'heard'])
    expect(await up()).toBe(1)
    clock.now += 5000
    expect(await up()).toBe(0)
    had(['cancelled', 0])
    expect(await up()).toBe(0)
    had(['answered', 200, 'heard'])
    clock.now += 3_600_000
    expect(await up()).toBe(1)
    had(['transport', 0])
    expect(await up()).toBe(0)
  })

  it('is 1 as soon as a backend that was dead rings, and not for a 503 that is relayed', async () => {
    const { metrics, up } = after(['transport', 0])
    metrics.onEvent({ type: 'first-response', trunk: 'default/acme', backend, status: 503, seconds: 1 })
    expect(await up()).toBe(0)
    metrics.onEvent({ type: 'first-response', trunk: 'default/acme', backend, status: 180, seconds: 1 })
    expect(await up()).toBe(1)
  })

  it('is 0 while the backend is paused, and after that until an attempt succeeds', async () => {
    const { metrics, had, up } = after(['answered', 200, 'heard'])
    metrics.onEvent({ type: 'backend-health', backend, up: false, reason: 'retry_after' })
    had(['refused', 503, 'heard'])
    expect(await up()).toBe(0)
    const { clock, ...later } = after(['refused', 503, 'heard'])
    later.metrics.onEvent({ type: 'backend-health', backend, up: false, reason: 'retry_after' })
    clock.now += 60_000
    later.metrics.onEvent({ type: 'backend-health', backend, up: true, reason: 'pause_over' })
    expect(await later.up()).toBe(0)
    later.had(['answered', 200, 'heard'])
    expect(await later.up()).toBe(1)
  })

  it('starts anew with a backend that has left the table and comes back', async () => {
    const { metrics, up } = after(['transport', 0])
    metrics.tableChanged(table({ backendNames: new Set<string>() }))
    metrics.tableChanged(table())
    expect(await up()).toBe(undefined)
  })
})

describe('limits', () => {
  it('show which limit refused, from 0, and overload without a trunk', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    const of = async (trunk: string, reason: string) =>
      sampleValue(await metrics.text(), 'sip_dispatch_over_limit_total', { trunk, reason })
    expect(await of('default/acme', 'rule_concurrent_calls')).toBe(0)
    const refused = { outcome: 'over_limit', status: 503, overLimitReason: 'rule_concurrent_calls' } as const
    metrics.onEvent(callDecided(refused))
    metrics.onEvent({
      ...{ type: 'shed', sender: 'known', requests: 9, calls: 7, longestWaitMs: 1, source: callSource('203.0.113.7') },
    })
    expect([
      await of('default/acme', 'rule_concurrent_calls'),
      await of('default/acme', 'trunk_calls_per_second'),
    ]).toEqual([1, 0])
    expect([
      await of('', 'overload'),
      await of('default/acme', 'overload'),
      await of('', 'rule_concurrent_calls'),
    ]).toEqual([7, undefined, undefined])
  })

  it('show how near they are, and rules beyond the bound in one series with the highest use', async () => {
    const use = (of: 'trunk' | 'rule', name: string, ratio: number) => ({
      of,
      name,
      kind: 'concurrent_calls' as const,
      ratio,
    })
    const uses = [
      use('trunk', 'd/t', 0.5),
      ...['a', 'b', 'c', 'd', 'e'].map((name, at) => use('rule', name, at === 3 ? 0.9 : 0.1)),
    ]
    const metrics = createMetrics({
      ...{ version: '', engine: '', installation: '', ruleSeries: 2, now: () => 0, wallClock: () => 0 },
      limitUses: () => uses,
    })
    const text = await metrics.text()
    const limit = 'concurrent_calls'
    expect(sampleValue(text, 'sip_dispatch_trunk_limit_used_ratio', { trunk: 'd/t', limit })).toBe(0.5)
    const ofRule = (rule: string) => sampleValue(text, 'sip_dispatch_rule_limit_used_ratio', { rule, limit })
    expect(['a', 'b', 'c', 'd', '(other)'].map(ofRule)).toEqual([0.1, 0.1, undefined, undefined, 0.9])
  })

  it('count a number that is called very often', async () => {
    const metrics = metricsAt()
    metrics.tableChanged(table())
    metrics.onEvent({ type: 'number-repeated', trunk: 'default/acme', rule: 'default/sales', called: '+1' })
    expect(sampleValue(await metrics.text(), 'sip_dispatch_number_repeated_total', { trunk: 'default/acme' })).toBe(1)
  })
})
