/**
 * Explains why a call is decided as it is. For each trunk and each rule, it says why the trunk or rule takes the call, or
 * why it does not. Every verdict comes from the code that decides calls. This code judges the whole table, and then each
 * trunk and each rule alone.
 */
import type { HeaderPredicate, NumberPredicate, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { chooseTrunk, type TrunkVerdict, trunkOf } from './choose-trunk.ts'
import type { IndexedRule } from './indexed-rule.ts'
import { type JudgedSource, judgedSource } from './judged-source.ts'
import { MAX_EXPLAINED_RULES, MAX_EXPLAINED_TRUNKS } from './limits.ts'
import { createLiveTable, type LiveTable } from './live-table.ts'
import { failedHeader } from './match-condition.ts'
import { matchRule, type RuleMatch, type RuleVerdict } from './match-rule.ts'
import { RuleScope } from './rule-index.ts'
import type { ScheduleMiss } from './schedule-test.ts'

/**
 * Why a trunk takes the call, or why it does not. `later`: the trunk admits the call, and the chosen trunk comes first.
 * `unreadable`: the called number cannot be read. `called`: the trunk does not own the called number. `transport`: the
 * trunk does not list the transport. `proxy`: the trunk's trusted proxy recorded a source that the trunk does not admit.
 * `source`: no network of the trunk contains the source.
 */
export type TrunkStanding = 'chosen' | 'later' | 'unreadable' | 'called' | 'transport' | 'proxy' | 'source'

export interface ExplainedTrunk {
  readonly trunk: TrunkEntry
  readonly standing: TrunkStanding
  /** The called number by the policy of this trunk. Undefined if the trunk does not admit the packet. */
  readonly called: string | undefined
  /** Why the called number cannot be read. Absent if it can be read. */
  readonly fault?: UserFault
  /** The source that the trunk judged, if the packet came from a proxy that the trunk trusts. Otherwise undefined. */
  readonly judged: JudgedSource | undefined
}

/**
 * Why a rule is used, or why it is not. `wins`: the rule is used. `later`: every condition holds, and an earlier rule wins.
 * The other values name the first condition that failed.
 */
export type RuleStanding =
  | { readonly type: 'wins' | 'later' | 'called' | 'calling' }
  | { readonly type: 'calling_unreadable'; readonly fault: UserFault }
  | { readonly type: 'header'; readonly header: HeaderPredicate; readonly values: readonly string[] }
  | { readonly type: 'schedule'; readonly schedule: ScheduleMiss }

export interface ExplainedRule {
  readonly rule: RuleEntry
  readonly standing: RuleStanding
}

/**
 * The items of a list that came nearest to taking the call, in the order of the list, and the number of items that are not
 * shown.
 */
export interface Nearest<T> {
  readonly shown: readonly T[]
  readonly leftOut: number
}

export interface CallExplanation {
  readonly trunkVerdict: TrunkVerdict
  /** The source by which the call was judged, if the packet came from a trusted proxy. Otherwise undefined. */
  readonly judged: JudgedSource | undefined
  /** The trunks in the order of the table. */
  readonly trunks: Nearest<ExplainedTrunk>
  /** The verdict on the rules. Undefined if no trunk takes the call, because then no rule is tried. */
  readonly ruleVerdict: RuleVerdict | undefined
  /** The rules of the chosen trunk, in the order in which they are tried. */
  readonly rules: Nearest<ExplainedRule>
}

/**
 * Explains the decision of a call. It reads every trunk and every rule, which would be too slow for real calls. It is for
 * people who ask. `at`: when the call comes, in milliseconds since 1970.
 */
export function explainCall(table: LiveTable, call: CallFacts, at: number): CallExplanation {
  const trunkVerdict = chooseTrunk(table, call)
  const trunks = explainTrunks(table, call, trunkVerdict)
  const judged = judgedSource(table, call, trunkOf(trunkVerdict))
  if (trunkVerdict.type !== 'admitted') {
    return { trunkVerdict, judged, trunks, ruleVerdict: undefined, rules: { shown: [], leftOut: 0 } }
  }
  const { trunk, called, calling, callingFault } = trunkVerdict
  const match = { trunk, called, calling, callingFault, call, at }
  const ruleVerdict = matchRule(table, match, call, at)
  return { trunkVerdict, judged, trunks, ruleVerdict, rules: explainRules(table, match, ruleVerdict) }
}

/**
 * How near a trunk came to taking the call, by its `TrunkStanding`. A higher number is nearer. If there are too many
 * trunks, only the nearest are shown.
 */
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
    const alone = trunkStandingAlone(trunk, call)
    return trunk === chosen ? { ...alone, standing: 'chosen' as const } : alone
  })
  return nearest(explained, MAX_EXPLAINED_TRUNKS, ({ standing }) => TRUNK_NEARNESS[standing])
}

/** How the trunk would judge the call if the table had only this trunk. */
function trunkStandingAlone(trunk: TrunkEntry, call: CallFacts): ExplainedTrunk {
  const table = createLiveTable()
  table.load([trunk], 1)
  const verdict = chooseTrunk(table, call)
  const judged = judgedSource(table, call, trunk)
  const takes = trunk.transports.includes(call.peer.transport)
  switch (verdict.type) {
    case 'admitted':
      return { trunk, standing: 'later', called: verdict.called, judged }
    case 'unreadable':
      return { trunk, standing: 'unreadable', called: verdict.called, fault: verdict.fault, judged }
    case 'not_owned':
      return { trunk, standing: 'called', called: verdict.called, judged }
    case 'known':
      return { trunk, standing: takes ? 'proxy' : 'transport', called: undefined, judged }
    case 'stranger': {
      const standing = takes || verdict.nearMisses.length === 0 ? 'source' : 'transport'
      return { trunk, standing, called: undefined, judged }
    }
  }
}

/**
 * How near a rule came to being used, by its `RuleStanding`. A higher number is nearer. For `called`, the number comes from
 * `likeness` instead, which returns numbers below 1.
 */
const RULE_NEARNESS: Readonly<Record<RuleStanding['type'], number>> = {
  wins: 6,
  later: 5,
  schedule: 4,
  header: 3,
  calling_unreadable: 2,
  calling: 1,
  called: 0,
}

interface AdmittedCall extends RuleMatch {
  readonly call: CallFacts
  readonly at: number
}

function explainRules(table: LiveTable, match: AdmittedCall, verdict: RuleVerdict): Nearest<ExplainedRule> {
  const rules = table.ruleScopes(match.trunk).flatMap((scope) => scope.rules())
  const winner = verdict.type === 'rule' ? verdict.rule : undefined
  const explained = rules
    .sort((a, b) => a.rank - b.rank)
    .map((rule): ExplainedRule => {
      const { entry } = rule
      return { rule: entry, standing: entry === winner ? { type: 'wins' } : ruleStandingAlone(rule, match) }
    })
  return nearest(explained, MAX_EXPLAINED_RULES, ({ rule, standing }) =>
    standing.type === 'called' ? likeness(rule.called, match.called) : RULE_NEARNESS[standing.type],
  )
}

/** How the rule would be judged if the trunk had only this rule. */
function ruleStandingAlone(rule: IndexedRule, match: AdmittedCall): RuleStanding {
  const scope = new RuleScope()
  scope.add(rule)
  const verdict = matchRule({ ruleScopes: () => [scope] }, match, match.call, match.at)
  return verdict.type === 'rule' ? { type: 'later' } : failedStanding(verdict, rule, match)
}

type NoRule = Extract<RuleVerdict, { type: 'no_rule' }>

function failedStanding(verdict: NoRule, rule: IndexedRule, { call, callingFault }: AdmittedCall): RuleStanding {
  const { reason, schedule } = verdict
  switch (reason) {
    case 'called':
    case 'calling':
      return { type: reason }
    case 'calling_unreadable':
      if (callingFault === undefined) throw new TypeError('the calling number is unreadable without a fault')
      return { type: reason, fault: callingFault }
    case 'header': {
      const header = rule.entry.headers[failedHeader(rule, call)]
      if (header === undefined) throw new TypeError('a header has failed, and every header condition holds')
      return { type: reason, header, values: call.header(header.name) }
    }
    case 'schedule':
      if (schedule === undefined) throw new TypeError('a schedule has failed, and the verdict does not say why')
      return { type: reason, schedule }
    case 'no_rules':
      throw new TypeError('a rule of the trunk does not apply to it')
  }
}

/**
 * How similar the number is to the most similar predicate. Characters are compared from the left up to the first
 * difference. So a number that has a typing error near its end counts as similar. The result is the share of the number's
 * characters that are equal, and is below 1.
 */
function likeness(predicates: readonly NumberPredicate[], number: string): number {
  let most = 0
  for (const predicate of predicates) most = Math.max(most, alike(startOf(predicate), number))
  return most / (number.length + 1)
}

/** The number or prefix of the predicate, or the lower bound of its range. Empty for a regular expression. */
function startOf(predicate: NumberPredicate): string {
  switch (predicate.type) {
    case 'exact':
    case 'prefix':
      return predicate.value
    case 'range':
      return predicate.from
    case 'regex':
      return ''
  }
}

/** The number of equal characters at the beginning of both texts. */
function alike(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/**
 * The nearest items. If items are equally near, those that come first in the list are shown. The rule or trunk that takes
 * the call is always shown.
 */
function nearest<T>(all: readonly T[], limit: number, nearness: (item: T) => number): Nearest<T> {
  if (all.length <= limit) return { shown: all, leftOut: 0 }
  const near = new Set(all.toSorted((a, b) => nearness(b) - nearness(a)).slice(0, limit))
  return { shown: all.filter((item) => near.has(item)), leftOut: all.length - limit }
}
