import type { RuleEntry } from '../route-table/route-table.ts'
import type { HeaderTest } from './header-test.ts'
import type { NumberTest } from './number-test.ts'
import type { Ranked } from './ranked-list.ts'

/** The conditions of a rule, compiled. */
export interface ConditionTests {
  /**
   * The test of the called number. It decides if the index has not proved that a called predicate holds. Undefined: the index
   * always proves it.
   */
  readonly called: NumberTest | undefined
  /** The test of the calling number. Undefined: every calling number matches. */
  readonly calling: NumberTest | undefined
  readonly headers: readonly HeaderTest[]
}

/** A rule in the form that the index stores. Ranks follow the total order of rules. */
export interface IndexedRule extends Ranked, ConditionTests {
  readonly kind: 'rule'
  readonly entry: RuleEntry
}

/** The facts of a call that the index uses to find rules and that the rules' conditions test. */
export interface RuleQuery {
  readonly called: string
  readonly calling: string
  /**
   * Whether the calling number cannot be read. If so, the index of calling numbers gives only its first rule as a candidate,
   * because the search ends at this rule.
   */
  readonly callingUnreadable: boolean
  readonly header: (name: string) => readonly string[]
}
