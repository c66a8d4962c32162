import type { RuleEntry } from '../route-table/route-table.ts'
import type { HeaderTest } from './header-test.ts'
import type { NumberTest } from './number-test.ts'
import type { Ranked } from './ranked-list.ts'

/** The conditions of a rule, compiled. */
export interface ConditionTests {
  /** Decides if the index could not prove that a called predicate holds. Undefined: the index always proves it. */
  readonly called: NumberTest | undefined
  /** Undefined: every calling number matches. */
  readonly calling: NumberTest | undefined
  readonly headers: readonly HeaderTest[]
}

/** A rule in the form that the index stores. Its rank follows the total order of rules. */
export interface IndexedRule extends Ranked, ConditionTests {
  readonly kind: 'rule'
  readonly entry: RuleEntry
}

/** The facts of a call that the index uses to find rules and that the rules' conditions test. */
export interface RuleQuery {
  readonly called: string
  readonly calling: string
  /** If true, the index of calling numbers gives only its first rule as a candidate: at that rule the search ends. */
  readonly callingUnreadable: boolean
  readonly header: (name: string) => readonly string[]
}
