import type { RuleEntry } from '../route-table/route-table.ts'
import type { HeaderTest } from './header-test.ts'
import type { NumberTest } from './number-test.ts'
import type { Ranked } from './ranked-list.ts'

/** The conditions of a rule, compiled. */
export interface ConditionTests {
  /** Asked where the index could not prove that a called predicate holds; undefined: it always can. */
  readonly called: NumberTest | undefined
  /** Undefined: any caller. */
  readonly calling: NumberTest | undefined
  readonly headers: readonly HeaderTest[]
}

/** A rule as the index holds it. Its rank follows the total order of rules. */
export interface IndexedRule extends Ranked, ConditionTests {
  readonly kind: 'rule'
  readonly entry: RuleEntry
}

/** What of a call finds rules and is asked for by their conditions. */
export interface RuleQuery {
  readonly called: string
  readonly calling: string
  /** No index finds rules by the calling number then: the first that asks for it is a candidate. */
  readonly callingUnreadable: boolean
  readonly header: (name: string) => readonly string[]
}
