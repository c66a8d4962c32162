import { describe, expect, it } from '@jest/globals'
import { type CallLimits, type CallLimitsOptions, createCallLimits } from '../../../../ingress/limit/call-limits.ts'
import { SHARE_KEPT_MS, SWEPT_STATES } from '../../../../ingress/limit/limits.ts'
import { createLimitedEntries } from '../../../../ingress/lookup/limited-entries.ts'
import type { CallLimit, RuleEntry, TrunkEntry } from '../../../../ingress/route-table/route-table.ts'
import { routeTo, ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

const RATE: CallLimit = { rate: { callsPerSecond: 2, burst: 3 }, scope: 'Pod' }
const CALLS: CallLimit = { concurrent: { calls: 2, maxCallSeconds: 60 }, scope: 'Pod' }

interface Setting {
  readonly trunk?: CallLimit
  readonly rule?: CallLimit
  readonly action?: RuleEntry['action']
  readonly options?: Partial<CallLimitsOptions>
}

function limitsOf({ trunk: trunkLimits, rule: ruleLimits, action = routeTo('10.0.0.1'), options }: Setting) {
  const time = { now: 0 }
  const trunk = trunkEntry('acme', trunkLimits && { limits: trunkLimits })
  const rule = ruleEntry('sales', { action, ...(ruleLimits && { limits: ruleLimits }) })
  const limits = createCallLimits({ now: () => time.now, ...options })
  tell(limits, trunk, rule)
  /** Offers so many calls, and says how many pass. */
  const pass = (calls: number): number =>
    Array.from({ length: calls }, () => refusing(limits, trunk, rule)).filter((limit) => limit === undefined).length
  return { limits, time, trunk, rule, pass }
}

let invites = 0

/** Judges a call of its own. */
function refusing(limits: CallLimits, trunk: TrunkEntry, rule: RuleEntry) {
  return limits.refusing(trunk, rule, () => ++invites)
}

function tell(limits: CallLimits, ...entries: readonly (TrunkEntry | RuleEntry)[]): void {
  const limited = createLimitedEntries()
  for (const entry of entries) limited.put(entry)
  limits.tableChanged(limited)
}

describe('limits of calls per second', () => {
  it('refuse nothing where there are none', () => {
    expect(limitsOf({}).pass(1000)).toBe(1000)
  })

  it('let the burst pass, and then the rate', () => {
    const { pass, time } = limitsOf({ trunk: RATE })
    expect(pass(10)).toBe(3)
    time.now = 1000
    expect(pass(10)).toBe(2)
  })

  it('judge the trunk before the rule, and a refusal of the rule takes nothing from the trunk', () => {
    const { limits, trunk, rule } = limitsOf({
      trunk: RATE,
      rule: { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' },
    })
    expect(refusing(limits, trunk, rule)).toBeUndefined()
    for (let i = 0; i < 20; i++) expect(refusing(limits, trunk, rule)).toEqual({ of: 'rule', kind: 'calls_per_second' })
    const other = ruleEntry('other', { action: routeTo('10.0.0.1') })
    expect([refusing(limits, trunk, other), refusing(limits, trunk, other)]).toEqual([undefined, undefined])
    expect(refusing(limits, trunk, rule)).toEqual({ of: 'trunk', kind: 'calls_per_second' })
  })

  it('hold for every action, and those of calls at the same time for forwarded calls only', () => {
    const action = { type: 'Reject', status: 404, reason: 'Not Found' } as const
    expect(limitsOf({ trunk: RATE, action }).pass(10)).toBe(3)
    expect(limitsOf({ trunk: CALLS, action }).pass(10)).toBe(10)
  })

  it('change with the table at once, keep what was taken, and say no more where the entry is gone', () => {
    const { limits, trunk, rule, pass, time } = limitsOf({ trunk: RATE })
    expect(pass(3)).toBe(3)
    const wider = { ...trunk, limits: { rate: { callsPerSecond: 50, burst: 50 }, scope: 'Pod' as const } }
    tell(limits, wider, rule)
    expect(refusing(limits, wider, rule)).toBeDefined()
    time.now = 20
    expect([refusing(limits, wider, rule), refusing(limits, wider, rule)]).toEqual([undefined, expect.anything()])
    tell(limits, rule)
    expect(limits.uses()).toEqual([])
    for (let i = 0; i < 3; i++) limits.sweep()
    tell(limits, trunk, rule)
    expect(pass(10)).toBe(3)
  })

  it('are looked at in parts, so that very many of them do not stop the calls', () => {
    const { limits, trunk } = limitsOf({})
    const rules = Array.from({ length: 3 * SWEPT_STATES }, (_, at) => ruleEntry(`r${at}`, { limits: RATE }))
    tell(limits, ...rules)
    for (const rule of rules) for (let i = 0; i < 3; i++) refusing(limits, trunk, rule)
    tell(limits, trunk)
    limits.sweep()
    limits.sweep()
    tell(limits, ...rules)
    const fresh = rules.filter((rule) => refusing(limits, trunk, rule) === undefined)
    expect(fresh.length).toBeGreaterThan(0)
    expect(fresh.length).toBeLessThanOrEqual(2 * SWEPT_STATES)
  })
})

describe('limits of calls at the same time', () => {
  it('count a call until it ends, and say how near the limit is', () => {
    const { limits, trunk, rule, pass } = limitsOf({ trunk: CALLS })
    expect(limits.uses()).toEqual([{ of: 'trunk', name: 'team/acme', kind: 'concurrent_calls', ratio: 0 }])
    const first = limits.begin(trunk, rule, () => 1)
    limits.begin(trunk, rule, () => 2)
    expect([pass(1), limits.uses()[0]?.ratio]).toEqual([0, 1])
    if (first) limits.end(first)
    expect([pass(1), limits.uses()[0]?.ratio]).toEqual([1, 0.5])
  })

  it('let go of a call whose end nobody saw, after its time', () => {
    const { limits, time, trunk, rule, pass } = limitsOf({ trunk: CALLS, rule: CALLS })
    limits.begin(trunk, rule, () => 1)
    limits.begin(trunk, rule, () => 2)
    time.now = 59_999
    limits.sweep()
    expect(pass(1)).toBe(0)
    time.now = 60_000
    limits.sweep()
    expect([pass(1), limits.countedCalls]).toEqual([1, 0])
  })

  it('tell others of a call that was hung up here and counts elsewhere, and hear of theirs', () => {
    const told: number[] = []
    const { limits, trunk, rule } = limitsOf({ trunk: CALLS, options: { tellOthers: (key) => told.push(key) } })
    limits.begin(trunk, rule, () => 1)
    limits.hungUp(() => 1)
    limits.hungUp(() => 2)
    limits.begin(trunk, rule, () => 3)
    limits.hungUpElsewhere(3)
    limits.hungUpElsewhere(4)
    expect([told, limits.countedCalls]).toEqual([[2], 0])
  })

  it('make no key of a hang-up where nothing counts calls', () => {
    const { limits } = limitsOf({ trunk: RATE, options: { tellOthers: () => undefined } })
    let made = 0
    limits.hungUp(() => ++made)
    expect(made).toBe(0)
  })

  it('forward a call that cannot be counted, and say so', () => {
    let full = 0
    const { limits, trunk, rule } = limitsOf({ trunk: CALLS, options: { maxCalls: 1, onFull: () => full++ } })
    limits.begin(trunk, rule, () => 1)
    expect([limits.begin(trunk, rule, () => 2), full]).toEqual([undefined, 1])
  })
})

describe('limits of the whole installation', () => {
  const SHARED: CallLimit = {
    rate: { callsPerSecond: 10, burst: 10 },
    concurrent: { calls: 30, maxCallSeconds: 60 },
    scope: 'Installation',
  }
  const use = (demand: number, active = 0) => new Map([['trunk/team/acme', { demand, active }]])
  const NONE = new Map<string, { demand: number; active: number }>()

  it('are whole for a pod that knows of no other', () => {
    expect(limitsOf({ trunk: SHARED }).pass(100)).toBe(10)
  })

  it('are shared by use, and reported as they are used, the refused calls included', () => {
    const { limits, time, pass } = limitsOf({ trunk: SHARED })
    pass(40)
    time.now = 2000
    expect(limits.takeReport()).toEqual(use(20))
    time.now = 4000
    expect(limits.takeReport()).toEqual(use(10))
    limits.divide([use(20), NONE], 0)
    time.now = 1_004_000
    expect(pass(100)).toBe(9)
    limits.divide([NONE, use(20)], 0)
    time.now = 2_004_000
    expect(pass(100)).toBe(1)
  })

  it('keep their shares while the cache is away, and are equal after that', () => {
    const { limits, time, pass } = limitsOf({ trunk: SHARED })
    limits.divide([use(20), NONE], 0)
    time.now = SHARE_KEPT_MS - 1
    limits.sweep()
    expect(pass(100)).toBe(9)
    time.now = SHARE_KEPT_MS
    limits.sweep()
    time.now = 2 * SHARE_KEPT_MS
    expect(pass(100)).toBe(5)
  })

  it('stay as they are where the table says the same again', () => {
    const { limits, trunk, rule, time } = limitsOf({ trunk: SHARED })
    limits.divide([use(20), NONE], 0)
    const again = { ...trunk, limits: { ...SHARED } }
    tell(limits, again)
    time.now = 60_000
    const passed = Array.from({ length: 20 }, () => refusing(limits, again, rule)).filter(
      (limit) => limit === undefined,
    )
    expect(passed).toHaveLength(9)
  })
})
