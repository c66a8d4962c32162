import { MATCH_CONDITIONS, type RuleEntry, type TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { Candidates } from './candidates.ts'
import type { IndexedRule, RuleQuery } from './indexed-rule.ts'
import type { LiveTable } from './live-table.ts'
import { type ConditionFailure, LOOKUP_ROWS } from './match-condition.ts'
import type { RuleScope } from './rule-index.ts'

/** The rule that wins a call, or why none does: the first failing condition of the rule that came nearest. */
export type RuleVerdict =
  | { readonly type: 'rule'; readonly rule: RuleEntry }
  | {
      readonly type: 'no_rule'
      readonly reason: MatchFailure
      /** Name of the nearest rule; undefined where no rule applies to the trunk. */
      readonly nearest: string | undefined
    }

export type MatchFailure = 'no_rules' | ConditionFailure

/** An admitted call; numbers are canonical, as `chooseTrunk` gives them. */
export interface RuleMatch {
  readonly trunk: TrunkEntry
  readonly called: string
  readonly calling: string
  /** Why the calling number cannot be read; undefined: it can. */
  readonly callingFault?: UserFault | undefined
  readonly call: CallFacts
}

/** The rows of the conditions in the order in which they are asked, so that a call makes no list of them. */
const ROWS = MATCH_CONDITIONS.map((condition) => LOOKUP_ROWS[condition])

const NO_RULES: RuleVerdict = { type: 'no_rule', reason: 'no_rules', nearest: undefined }

const candidates = new Candidates<IndexedRule>()

/**
 * The first rule in the total order whose every condition holds. Only rules that the index finds are asked, and the
 * explanation of a refusal comes from these and from the first rules of the scopes: it walks over nothing more.
 * A rule that asks for a calling number that cannot be read ends the search: a later rule must not take what this one,
 * perhaps, was to refuse.
 */
export function matchRule(table: Pick<LiveTable, 'ruleScopes'>, match: RuleMatch): RuleVerdict {
  const scopes = table.ruleScopes(match.trunk)
  if (scopes.length === 0) return NO_RULES
  const callingUnreadable = match.callingFault !== undefined
  const query = { called: match.called, calling: match.calling, callingUnreadable, header: readOnce(match.call) }
  candidates.clear()
  for (const scope of scopes) scope.collect(query, candidates)
  let nearest: IndexedRule | undefined
  let most = 0
  for (let rule = candidates.next(); rule !== undefined; rule = candidates.next()) {
    const count = conditionsHeld(rule, query, candidates.certain)
    const failed = count === ROWS.length ? undefined : ROWS[count]
    if (failed === undefined) return { type: 'rule', rule: rule.entry }
    const unreadable = failed.unreadable(query)
    if (unreadable !== undefined) return { type: 'no_rule', reason: unreadable, nearest: rule.entry.name }
    if (count <= most) continue
    nearest = rule
    most = count
  }
  return refusal(scopes, nearest, most)
}

/** How many of a rule's conditions hold before the first that does not. */
function conditionsHeld(rule: IndexedRule, query: RuleQuery, proven: boolean): number {
  let count = 0
  while (count < ROWS.length && ROWS[count]?.holds(rule, query, proven) === true) count++
  return count
}

/** Rules that the index passed over failed at the condition under which they stand: the first of them counts. */
function refusal(scopes: readonly RuleScope[], nearest: IndexedRule | undefined, most: number): RuleVerdict {
  for (let place = ROWS.length - 1; place >= 0; place--) {
    let rule = most === place ? nearest : undefined
    for (const scope of scopes) rule = earlier(rule, scope.firstBy(place))
    const failed = ROWS[place]
    if (rule !== undefined && failed !== undefined) {
      return { type: 'no_rule', reason: failed.failure, nearest: rule.entry.name }
    }
  }
  return NO_RULES
}

function earlier(a: IndexedRule | undefined, b: IndexedRule | undefined): IndexedRule | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.rank <= b.rank ? a : b
}

/** Reads each header of a call at most once, and none that no candidate asks for. */
function readOnce(call: CallFacts): (name: string) => readonly string[] {
  let read: Map<string, readonly string[]> | undefined
  return (name) => {
    read ??= new Map()
    const known = read.get(name)
    if (known !== undefined) return known
    const values = call.header(name)
    read.set(name, values)
    return values
  }
}
