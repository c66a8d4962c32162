/**
 * Why a call is decided as it is: where each trunk and each rule stands. Every verdict is the matcher's own: it is asked
 * about the whole table, and about each trunk and each rule as if there were no other.
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
import { type MatchFailure, matchRule, type RuleMatch, type RuleVerdict } from './match-rule.ts'
import { RuleScope } from './rule-index.ts'

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
  const judged = judgedSource(table, call, trunkOf(trunkVerdict))
  if (trunkVerdict.type !== 'admitted') {
    return { trunkVerdict, judged, trunks, ruleVerdict: undefined, rules: { shown: [], leftOut: 0 } }
  }
  const { trunk, called, calling, callingFault } = trunkVerdict
  const match = { trunk, called, calling, callingFault, call }
  const ruleVerdict = matchRule(table, match)
  return { trunkVerdict, judged, trunks, ruleVerdict, rules: explainRules(table, match, ruleVerdict) }
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
    const alone = trunkStandingAlone(trunk, call)
    return trunk === chosen ? { ...alone, standing: 'chosen' as const } : alone
  })
  return nearest(explained, MAX_EXPLAINED_TRUNKS, ({ standing }) => TRUNK_NEARNESS[standing])
}

/** What the matcher says of a table that holds this trunk only. */
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

/** Higher is nearer. Below 1 it is the likeness of numbers. */
const RULE_NEARNESS: Readonly<Record<RuleStanding['type'], number>> = {
  wins: 5,
  later: 4,
  header: 3,
  calling_unreadable: 2,
  calling: 1,
  called: 0,
}

function explainRules(table: LiveTable, match: RuleMatch, verdict: RuleVerdict): Nearest<ExplainedRule> {
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

/** What the matcher says where the trunk has this rule only. */
function ruleStandingAlone(rule: IndexedRule, match: RuleMatch): RuleStanding {
  const scope = new RuleScope()
  scope.add(rule)
  const verdict = matchRule({ ruleScopes: () => [scope] }, match)
  return verdict.type === 'rule' ? { type: 'later' } : failedStanding(verdict.reason, rule, match)
}

function failedStanding(reason: MatchFailure, rule: IndexedRule, { call, callingFault }: RuleMatch): RuleStanding {
  switch (reason) {
    case 'called':
    case 'calling':
      return { type: reason }
    case 'calling_unreadable':
      if (callingFault === undefined) throw new TypeError('the calling number is unreadable without a fault')
      return { type: reason, fault: callingFault }
    case 'header': {
      const header = rule.entry.headers[failedHeader(rule, (name) => call.header(name))]
      if (header === undefined) throw new TypeError('a header has failed, and every header condition holds')
      return { type: reason, header, values: call.header(header.name) }
    }
    case 'no_rules':
      throw new TypeError('a rule of the trunk does not apply to it')
  }
}

/** How far the likest of the numbers agrees with one, as a share of its characters: a slip of the pen is near. */
function likeness(predicates: readonly NumberPredicate[], number: string): number {
  let most = 0
  for (const predicate of predicates) most = Math.max(most, alike(startOf(predicate), number))
  return most / (number.length + 1)
}

/** A number of the predicate, or what its numbers begin with; of a regular expression nothing can be said. */
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

/** How many characters two texts begin with together. */
function alike(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** The sort is stable: of equally near ones the first of the list are shown, the winner among them. */
function nearest<T>(all: readonly T[], limit: number, nearness: (item: T) => number): Nearest<T> {
  if (all.length <= limit) return { shown: all, leftOut: 0 }
  const near = new Set(all.toSorted((a, b) => nearness(b) - nearness(a)).slice(0, limit))
  return { shown: all.filter((item) => near.has(item)), leftOut: all.length - limit }
}
