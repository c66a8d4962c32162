/**
 * Why a call is decided as it is: where each trunk and each rule stands. The verdicts are the matcher's own; only what it
 * does not say, because calls cannot wait for it, is worked out here from the same tests.
 */
import type { HeaderPredicate, NumberPredicate, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { chooseTrunk, type TrunkVerdict } from './choose-trunk.ts'
import { headerTest } from './header-test.ts'
import { type JudgedSource, judgedSource } from './judged-source.ts'
import { MAX_EXPLAINED_RULES, MAX_EXPLAINED_TRUNKS } from './limits.ts'
import { createLiveTable, type LiveTable } from './live-table.ts'
import { matchRule, type RuleMatch, type RuleVerdict } from './match-rule.ts'
import { numberTest } from './number-test.ts'
import { createPatterns, type Patterns } from './patterns.ts'

/**
 * `later`: it admits the call, but the chosen one comes first. Otherwise what keeps it from admitting: the called number
 * is `unreadable`, the `called` number is not its own, the `transport` is not among its own, its trusted `proxy` names a source that it does not admit, or the
 * `source` is in none of its networks.
 */
export type TrunkStanding = 'chosen' | 'later' | 'unreadable' | 'called' | 'transport' | 'proxy' | 'source'

export interface ExplainedTrunk {
  readonly trunk: TrunkEntry
  readonly standing: TrunkStanding
  /** The called number by the trunk's own policy, where it admits the source of the packet. */
  readonly called: string | undefined
  /** Why that cannot be read. */
  readonly fault?: UserFault
  /** There where the packet comes from a proxy that the trunk trusts: whom it was judged by. */
  readonly judged: JudgedSource | undefined
}

/** `later`: every condition holds, but an earlier rule wins. Otherwise the first condition that does not hold. */
export type RuleStanding =
  | { readonly type: 'wins' | 'later' | 'called' | 'calling' }
  | { readonly type: 'calling_unreadable'; readonly fault: UserFault }
  | { readonly type: 'header'; readonly header: HeaderPredicate; readonly values: readonly string[] }

export interface ExplainedRule {
  readonly rule: RuleEntry
  readonly standing: RuleStanding
}

/** The nearest of a list, in the order of the list, and how many others there are. */
export interface Nearest<T> {
  readonly shown: readonly T[]
  readonly leftOut: number
}

export interface CallExplanation {
  readonly trunkVerdict: TrunkVerdict
  /** There where the packet comes from a trusted proxy: whom the call was judged by. */
  readonly judged: JudgedSource | undefined
  /** In the order of the table. */
  readonly trunks: Nearest<ExplainedTrunk>
  /** Undefined where no trunk admits the call: no rule was asked. */
  readonly ruleVerdict: RuleVerdict | undefined
  /** The rules of the chosen trunk, in the order in which they are tried. */
  readonly rules: Nearest<ExplainedRule>
}

/** Explains what becomes of a call. Walks over every trunk and every rule: for people who ask, never for calls. */
export function explainCall(table: LiveTable, call: CallFacts): CallExplanation {
  const trunkVerdict = chooseTrunk(table, call)
  const trunks = explainTrunks(table, call, trunkVerdict)
  const judged = judgedSource(table, call, 'trunk' in trunkVerdict ? trunkVerdict.trunk : undefined)
  if (trunkVerdict.type !== 'admitted') {
    return { trunkVerdict, judged, trunks, ruleVerdict: undefined, rules: { shown: [], leftOut: 0 } }
  }
  const { trunk, called, calling, callingFault } = trunkVerdict
  const match = { trunk, called, calling, callingFault, call }
  return { trunkVerdict, judged, trunks, ruleVerdict: matchRule(table, match), rules: explainRules(table, match) }
}

/** Higher is nearer. */
const TRUNK_NEARNESS: Readonly<Record<TrunkStanding, number>> = {
  chosen: 6,
  later: 5,
  unreadable: 4,
  called: 3,
  transport: 2,
  proxy: 1,
  source: 0,
}

function explainTrunks(table: LiveTable, call: CallFacts, verdict: TrunkVerdict): Nearest<ExplainedTrunk> {
  const chosen = verdict.type === 'admitted' ? verdict.trunk : undefined
  const explained = Array.from(table.trunks(), (trunk) => {
    const alone = standingAlone(trunk, call)
    return trunk === chosen ? { ...alone, standing: 'chosen' as const } : alone
  })
  return nearest(explained, MAX_EXPLAINED_TRUNKS, ({ standing }) => TRUNK_NEARNESS[standing])
}

/** What the matcher says of a table that holds this trunk only. */
function standingAlone(trunk: TrunkEntry, call: CallFacts): ExplainedTrunk {
  const table = createLiveTable()
  table.load([trunk], 1)
  const verdict = chooseTrunk(table, call)
  const judged = judgedSource(table, call, trunk)
  if (verdict.type === 'admitted') return { trunk, standing: 'later', called: verdict.called, judged }
  if (verdict.type === 'unreadable') {
    return { trunk, standing: 'unreadable', called: verdict.called, fault: verdict.fault, judged }
  }
  if (verdict.type === 'not_owned') return { trunk, standing: 'called', called: verdict.called, judged }
  if (!trunk.transports.includes(call.peer.transport) && knowsSource(verdict)) {
    return { trunk, standing: 'transport', called: undefined, judged }
  }
  return { trunk, standing: verdict.type === 'known' ? 'proxy' : 'source', called: undefined, judged }
}

function knowsSource(verdict: TrunkVerdict): boolean {
  return verdict.type === 'known' || (verdict.type === 'stranger' && verdict.nearMisses.length > 0)
}

/** Higher is nearer. Below 1 it is the likeness of numbers. */
const RULE_NEARNESS: Readonly<Record<RuleStanding['type'], number>> = {
  wins: 5,
  later: 4,
  header: 3,
  calling_unreadable: 2,
  calling: 1,
  called: 0,
}

function explainRules(table: LiveTable, match: RuleMatch): Nearest<ExplainedRule> {
  const patterns = createPatterns()
  const rules = [...table.rules()].filter((rule) => appliesTo(rule, match.trunk)).sort(compareRules)
  let won = false
  const explained = rules.map((rule) => {
    const failed = firstFailed(rule, match, patterns)
    const standing: RuleStanding = failed ?? { type: won ? 'later' : 'wins' }
    // A rule that cannot be asked ends the search, as one that wins does.
    won ||= failed === undefined || failed.type === 'calling_unreadable'
    return { rule, standing }
  })
  return nearest(explained, MAX_EXPLAINED_RULES, ({ rule, standing }) =>
    standing.type === 'called' ? likeness(rule.called, match.called) : RULE_NEARNESS[standing.type],
  )
}

/** How far the likest of the numbers agrees with one, as a share of its characters: a slip of the pen is near. */
function likeness(predicates: readonly NumberPredicate[], number: string): number {
  let most = 0
  for (const predicate of predicates) {
    if (predicate.type !== 'regex') most = Math.max(most, alike(numberOf(predicate), number))
  }
  return most / (number.length + 1)
}

function numberOf(predicate: Exclude<NumberPredicate, { type: 'regex' }>): string {
  return predicate.type === 'range' ? predicate.from : predicate.value
}

/** How many characters two texts begin with together. */
function alike(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** A rule reaches only trunks of its own namespace, whatever it names. */
function appliesTo(rule: RuleEntry, trunk: TrunkEntry): boolean {
  return rule.namespace === trunk.namespace && (rule.trunks.length === 0 || rule.trunks.includes(trunk.name))
}

function firstFailed(
  rule: RuleEntry,
  { called, calling, callingFault, call }: RuleMatch,
  patterns: Patterns,
): RuleStanding | undefined {
  if (rule.called.length > 0 && !numberTest(rule.called, patterns)(called)) return { type: 'called' }
  if (rule.calling.length > 0 && callingFault !== undefined) return { type: 'calling_unreadable', fault: callingFault }
  if (rule.calling.length > 0 && !numberTest(rule.calling, patterns)(calling)) return { type: 'calling' }
  for (const header of rule.headers) {
    const values = call.header(header.name)
    if (!headerTest(header, patterns).holds(values)) return { type: 'header', header, values }
  }
  return undefined
}

/** The sort is stable: of equally near ones the first of the list are told, the winner among them. */
function nearest<T>(all: readonly T[], limit: number, nearness: (item: T) => number): Nearest<T> {
  if (all.length <= limit) return { shown: all, leftOut: 0 }
  const near = new Set(all.toSorted((a, b) => nearness(b) - nearness(a)).slice(0, limit))
  return { shown: all.filter((item) => near.has(item)), leftOut: all.length - limit }
}
