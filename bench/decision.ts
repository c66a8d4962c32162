/**
 * Measures the cost of a decision (trunk, then rule), and the cost of a table of that size in memory and in changes.
 * Run: node --expose-gc bench/decision.ts
 */
import { parseIpAddress } from '../ingress/address/ip-address.ts'
import type { CallFacts } from '../ingress/lookup/call-facts.ts'
import { chooseTrunk } from '../ingress/lookup/choose-trunk.ts'
import { createLiveTable, type LiveTable } from '../ingress/lookup/live-table.ts'
import { matchRule } from '../ingress/lookup/match-rule.ts'
import type { NumberPredicate, RuleEntry } from '../ingress/route-table/route-table.ts'
import { type Schedule, WEEKDAYS } from '../ingress/route-table/schedule.ts'
import { exact, mixed, received, ruleOf, trunk } from './mixed-table.ts'
import { spread } from './numbering.ts'

const WARM_UP = 20_000
const CALLS = 200_000
const CHANGES = 2_000
const MEBIBYTE = 2 ** 20
/**
 * The calls come from a Friday on, two a second: in the time of the measurement each schedule begins and ends, and a Saturday
 * begins in each zone.
 */
const FIRST_CALL_AT = Date.parse('2026-11-27T02:00:00Z')
const CALL_EVERY_MS = 500

interface Scenario {
  readonly name: string
  readonly rules: number
  readonly predicates: (i: number) => readonly NumberPredicate[]
  /** The called number of the i-th call. */
  readonly called: (i: number) => string
  /** The schedule of the i-th rule. Absent: no rule has one. */
  readonly schedule?: (i: number) => readonly Schedule[]
}

/** Of so many rules one has a schedule. */
const SCHEDULED_OF = 10
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC']
const HOLIDAYS = ['01-01', '05-01', '12-24', '12-25', '12-26', '12-31']

/** Office hours with holidays, on each tenth rule. `kinds`: how many different schedules there are. */
function tenthScheduled(kinds: number): (i: number) => readonly Schedule[] {
  return (i) => {
    if (i % SCHEDULED_OF !== 0) return []
    const kind = Math.floor(i / SCHEDULED_OF) % kinds
    const from = 420 + (kind % 120)
    const to = 960 + Math.floor(kind / 120)
    const windows = WEEKDAYS.slice(0, 5).map((day) => ({ day, from, to }))
    const except = HOLIDAYS.map((day) => ({ type: 'yearly' as const, day }))
    return [{ timeZone: ZONES[kind % ZONES.length] ?? 'UTC', windows, except }]
  }
}

/** Half of the calls go to a number of a rule; the others go to a block of a rule or match no rule. */
function mixedCalled(rules: number): (i: number) => string {
  return (i) => {
    const rule = spread(i, rules)
    const block = 400_000 + Math.floor(rule / 20)
    if (i % 2 === 0) return `+1${2_000_000_000 + rule * 7}`
    return (
      [`+1${block}14${spread(i, 90) + 10}`, `+44${block}2345`, `+39${block}3${spread(i, 900)}`, `+7${block}000`][
        i % 4
      ] ?? ''
    )
  }
}

const scenarios: readonly Scenario[] = [
  ...[100, 10_000, 100_000].map((rules) => ({
    name: `${rules.toLocaleString('en')} rules, mixed`,
    rules,
    predicates: mixed,
    called: mixedCalled(rules),
  })),
  {
    name: '100,000 rules, mixed, a tenth with one of 100 schedules',
    rules: 100_000,
    predicates: mixed,
    called: mixedCalled(100_000),
    schedule: tenthScheduled(100),
  },
  {
    name: '100,000 rules, mixed, a tenth with a schedule of its own',
    rules: 100_000,
    predicates: mixed,
    called: mixedCalled(100_000),
    schedule: tenthScheduled(10_000),
  },
  {
    name: '100,000 rules, every call without a rule',
    rules: 100_000,
    predicates: mixed,
    called: (i) => `+49${1_000_000_000 + spread(i, 1_000_000_000)}`,
  },
  {
    name: '100,000 rules, 1,000,000 numbers',
    rules: 100_000,
    predicates: (i) => Array.from({ length: 10 }, (_, n) => exact(i * 10 + n)),
    called: (i) => `+1${2_000_000_000 + spread(i, 1_000_000) * 7}`,
  },
]

function scenarioRule({ predicates, schedule = () => [] }: Scenario, i: number, priority = 0): RuleEntry {
  return { ...ruleOf(i, predicates(i), priority), schedule: schedule(i) }
}

function callOf(called: string, source: CallFacts['peer']['address']): CallFacts {
  return {
    peer: { address: source, transport: 'UDP' },
    requestUri: { scheme: 'sip', user: called },
    toUser: called,
    fromUser: '+390212345678',
    assertedUser: undefined,
    header: () => [],
    recordedSources: () => [],
  }
}

function decide(table: LiveTable, call: CallFacts, at: number): boolean {
  const admitted = chooseTrunk(table, call)
  return admitted.type === 'admitted' && matchRule(table, admitted, call, at).type === 'rule'
}

/** Microseconds of each decision, sorted, and the share of calls for which a rule matched. */
function measureDecisions(table: LiveTable, called: Scenario['called']) {
  const source = parseIpAddress('203.0.113.7')
  if (source === undefined) throw new Error('the source does not parse')
  const calls = Array.from({ length: WARM_UP + CALLS }, (_, i) => callOf(called(i), source))
  const times = new Float64Array(CALLS)
  let matched = 0
  for (const [i, call] of calls.entries()) {
    const start = performance.now()
    const found = decide(table, call, FIRST_CALL_AT + i * CALL_EVERY_MS)
    const end = performance.now()
    if (i < WARM_UP) continue
    times[i - WARM_UP] = (end - start) * 1000
    if (found) matched++
  }
  return { times: times.sort(), matched: matched / CALLS }
}

/** Microseconds to replace one rule by a new version of it, sorted. */
function measureChanges(table: LiveTable, scenario: Scenario): Float64Array {
  const times = new Float64Array(CHANGES)
  for (let n = 0; n < CHANGES; n++) {
    const i = spread(n, scenario.rules)
    const entry = received(scenarioRule(scenario, i, n % 3))
    const start = performance.now()
    table.apply({ upserted: [entry], removed: [] }, n + 2)
    times[n] = (performance.now() - start) * 1000
  }
  return times.sort()
}

function memory() {
  if (globalThis.gc === undefined) throw new Error('run with node --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { held: (heapUsed + external) / MEBIBYTE, rss: rss / MEBIBYTE }
}

function measure(scenario: Scenario): string {
  const before = memory()
  const table = createLiveTable()
  let entries = Array.from({ length: scenario.rules }, (_, i) => received(scenarioRule(scenario, i)))
  const start = performance.now()
  table.load([trunk, ...entries], 1)
  const built = performance.now() - start
  entries = []
  const after = memory()
  const decisions = measureDecisions(table, scenario.called)
  const changes = measureChanges(table, scenario)
  const at = (times: Float64Array, share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)
  return [
    scenario.name,
    `${(decisions.matched * 100).toFixed(0)} %`,
    ...[0.5, 0.99, 0.999].map((share) => at(decisions.times, share)),
    built.toFixed(0),
    ...[0.5, 0.99, 1].map((share) => at(changes, share)),
    (after.held - before.held).toFixed(0),
    after.rss.toFixed(0),
  ].join(' | ')
}

const COLUMNS = [
  'table',
  'matched',
  'decision p50 µs',
  'p99',
  'p99.9',
  'load ms',
  'change one p50 µs',
  'p99',
  'max',
  'heap + external MiB',
  'process RSS MiB',
]

process.stdout.write(`| ${COLUMNS.join(' | ')} |\n|${'---|'.repeat(COLUMNS.length)}\n`)
for (const scenario of scenarios) process.stdout.write(`| ${measure(scenario)} |\n`)
