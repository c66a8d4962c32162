import { MATCH_CONDITIONS, type RuleEntry, type TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { Candidates } from './candidates.ts'
import type { IndexedRule, RuleQuery } from './indexed-rule.ts'
import type { LiveTable } from './live-table.ts'
import { type ConditionFailure, LOOKUP_ROWS } from './match-condition.ts'
import type { RuleScope } from './rule-index.ts'
import type { ScheduleMiss } from './schedule-test.ts'

/**
 * The first rule that matches. If no rule matches, the nearest rule and its first condition that failed. The nearest rule
 * is the one of which most conditions hold before one fails, or the one at which an unreadable number ended the search.
 */
export type RuleVerdict =
  | { readonly type: 'rule'; readonly rule: RuleEntry }
  | {
      readonly type: 'no_rule'
      readonly reason: MatchFailure
      /** Name of the nearest rule. Undefined if no rule applies to the trunk. */
      readonly nearest: string | undefined
      /** Why the schedule of the nearest rule does not hold, and when it holds next. Only with the reason `schedule`. */
      readonly schedule?: ScheduleMiss | undefined
    }

export type MatchFailure = 'no_rules' | ConditionFailure

/** An admitted call. The numbers are canonical, as `chooseTrunk` returns them. */
export interface RuleMatch {
  readonly trunk: TrunkEntry
  readonly called: string
  readonly calling: string
  /** Why the calling number cannot be read. Undefined if it can be read. */
  readonly callingFault?: UserFault | undefined
}

/** The rows of the conditions, in the order of the tests. The list is built here, so that a call does not build it. */
const ROWS = MATCH_CONDITIONS.map((condition) => LOOKUP_ROWS[condition])

const NO_RULES: RuleVerdict = { type: 'no_rule', reason: 'no_rules', nearest: undefined }

const candidates = new Candidates<IndexedRule>()

/**
 * The first rule that matches, in the order of rules. Only the rules that the indexes find are tested. The reason of a
 * refusal comes from these rules and from the first rule of each index. No other rule is read.
 *
 * If the calling number cannot be read, the search ends at the first rule that tests the calling number. With a readable
 * number, this rule might have refused the call. So a later rule must not take it.
 *
 * `at`: when the call is decided, in milliseconds since 1970. Schedules are asked about this instant.
 */
export function matchRule(
  table: Pick<LiveTable, 'ruleScopes'>,
  match: RuleMatch,
  call: Pick<CallFacts, 'header'>,
  at: number,
): RuleVerdict {
  const scopes = table.ruleScopes(match.trunk)
  if (scopes.length === 0) return NO_RULES
  const query = new CallQuery(match, call, at)
  candidates.clear()
  for (let i = 0; i < scopes.length; i++) scopes[i]?.collect(query, candidates)
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
  return refusal(scopes, { rule: nearest, held: most }, at)
}

/** The number of conditions that hold before the first one that fails. */
function conditionsHeld(rule: IndexedRule, query: RuleQuery, proven: boolean): number {
  let count = 0
  while (count < ROWS.length && ROWS[count]?.holds(rule, query, proven) === true) count++
  return count
}

/** The rule of which most conditions held before one failed, among the rules that were tested. */
interface Nearest {
  readonly rule: IndexedRule | undefined
  /** How many of its conditions held. */
  readonly held: number
}

/**
 * The reason why no rule matches. A rule that its index did not find has failed at the condition of this index. The first
 * rule of each index is compared with the nearest rule that was tested.
 */
function refusal(scopes: readonly RuleScope[], nearest: Nearest, at: number): RuleVerdict {
  for (let place = ROWS.length - 1; place >= 0; place--) {
    let rule = nearest.held === place ? nearest.rule : undefined
    for (const scope of scopes) rule = earlier(rule, scope.firstBy(place))
    const failed = ROWS[place]
    if (rule === undefined || failed === undefined) continue
    const { name } = rule.entry
    if (failed.failure !== 'schedule') return { type: 'no_rule', reason: failed.failure, nearest: name }
    return { type: 'no_rule', reason: 'schedule', nearest: name, schedule: rule.schedule?.miss(at) }
  }
  return NO_RULES
}

function earlier(a: IndexedRule | undefined, b: IndexedRule | undefined): IndexedRule | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.rank <= b.rank ? a : b
}

/** The values of a call that rules test. A header is read when the first candidate rule tests it, and is not read again. */
class CallQuery implements RuleQuery {
  readonly called: string
  readonly calling: string
  readonly callingUnreadable: boolean
  readonly at: number
  readonly #call: Pick<CallFacts, 'header'>
  #read: Map<string, readonly string[]> | undefined = undefined

  constructor({ called, calling, callingFault }: RuleMatch, call: Pick<CallFacts, 'header'>, at: number) {
    this.called = called
    this.calling = calling
    this.callingUnreadable = callingFault !== undefined
    this.at = at
    this.#call = call
  }

  header(name: string): readonly string[] {
    this.#read ??= new Map()
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const values = this.#call.header(name)
    this.#read.set(name, values)
    return values
  }
}
