import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { Candidates } from './candidates.ts'
import type { LiveTable } from './live-table.ts'
import type { IndexedRule, RuleQuery, RuleScope } from './rule-index.ts'

/** The rule that wins a call, or why none does: the first failing predicate of the rule that came nearest. */
export type RuleVerdict =
  | { readonly type: 'rule'; readonly rule: RuleEntry }
  | {
      readonly type: 'no_rule'
      readonly reason: NoRuleReason
      /** Name of the nearest rule; undefined where no rule applies to the trunk. */
      readonly nearest: string | undefined
    }

export type NoRuleReason = 'no_rules' | 'called' | 'calling' | 'calling_unreadable' | 'header'

/** An admitted call; numbers are canonical, as `chooseTrunk` gives them. */
export interface RuleMatch {
  readonly trunk: TrunkEntry
  readonly called: string
  readonly calling: string
  /** Why the calling number cannot be read; undefined: it can. */
  readonly callingFault?: UserFault | undefined
  readonly call: CallFacts
}

/** How many of a rule's three conditions hold, in the order in which they are asked. */
type Held = 0 | 1 | 2 | 3

const FAILED_HEADER: Held = 2
const FAILED_CALLING: Held = 1

const candidates = new Candidates<IndexedRule>()

/**
 * The first rule in the total order whose every predicate holds. Only rules that the index finds are asked, and the
 * explanation of a refusal comes from these and from the first rules of the scopes: it walks over nothing more.
 * A rule that asks for a calling number that cannot be read ends the search: a later rule must not take what this one,
 * perhaps, was to refuse.
 */
export function matchRule(table: LiveTable, match: RuleMatch): RuleVerdict {
  const scopes = table.ruleScopes(match.trunk)
  if (scopes.length === 0) return { type: 'no_rule', reason: 'no_rules', nearest: undefined }
  const callingUnreadable = match.callingFault !== undefined
  const query = { called: match.called, calling: match.calling, callingUnreadable, header: readOnce(match.call) }
  candidates.clear()
  for (const scope of scopes) scope.collect(query, candidates)
  let nearest: IndexedRule | undefined
  let most: Held = 0
  for (let rule = candidates.next(); rule !== undefined; rule = candidates.next()) {
    if (callingUnreadable && asksForCalling(rule, query, candidates.certain)) {
      return { type: 'no_rule', reason: 'calling_unreadable', nearest: rule.entry.name }
    }
    const held = conditionsHeld(rule, query, candidates.certain)
    if (held === 3) return { type: 'rule', rule: rule.entry }
    if (held <= most) continue
    nearest = rule
    most = held
  }
  return explain(scopes, nearest, most)
}

function conditionsHeld(rule: IndexedRule, query: RuleQuery, certain: boolean): Held {
  if (!certain && rule.unproven?.(query.called) === false) return 0
  if (rule.calling?.(query.calling) === false) return FAILED_CALLING
  for (const header of rule.headers) {
    if (!header.holds(query.header(header.name))) return FAILED_HEADER
  }
  return 3
}

function asksForCalling(rule: IndexedRule, query: RuleQuery, certain: boolean): boolean {
  return rule.calling !== undefined && (certain || rule.unproven?.(query.called) !== false)
}

/** Rules that the index passed over failed at the condition under which they stand: the first of them counts. */
function explain(scopes: readonly RuleScope[], nearest: IndexedRule | undefined, most: Held): RuleVerdict {
  let header = most === FAILED_HEADER ? nearest : undefined
  let calling = most === FAILED_CALLING ? nearest : undefined
  let called: IndexedRule | undefined
  for (const scope of scopes) {
    header = earlier(header, scope.firstByHeader)
    calling = earlier(calling, scope.firstByCalling)
    called = earlier(called, scope.first)
  }
  if (header !== undefined) return { type: 'no_rule', reason: 'header', nearest: header.entry.name }
  if (calling !== undefined) return { type: 'no_rule', reason: 'calling', nearest: calling.entry.name }
  return { type: 'no_rule', reason: 'called', nearest: called?.entry.name }
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
