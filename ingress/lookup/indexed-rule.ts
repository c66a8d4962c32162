import type { RuleEntry } from '../route-table/route-table.ts'
import type { HeaderTest } from './header-test.ts'
import type { NumberTest } from './number-test.ts'
import type { Ranked } from './ranked-list.ts'
import type { ScheduleTest } from './schedule-test.ts'

/** The conditions of a rule, compiled. */
export interface ConditionTests {
  /**
   * The test of the called number. It is needed if the index finds the rule and does not prove that the condition holds.
   * Undefined if the index always proves this.
   */
  readonly called: NumberTest | undefined
  /** The test of the calling number. Undefined: every calling number matches. */
  readonly calling: NumberTest | undefined
  readonly headers: readonly HeaderTest[]
  /** The test of the time. Undefined: the rule holds at all times. Rules with equal schedules have the same test. */
  readonly schedule: ScheduleTest | undefined
}

/** A rule in the form that the index stores. A rule with a lower rank is tried earlier. */
export interface IndexedRule extends Ranked, ConditionTests {
  readonly kind: 'rule'
  readonly entry: RuleEntry
}

/** The facts of a call by which the index finds rules, and which rules test. */
export interface RuleQuery {
  readonly called: string
  readonly calling: string
  /**
   * Whether the calling number cannot be read. If so, the search for a rule ends without a match at the first rule that
   * asks for the calling number. So the index of calling numbers gives only this one rule.
   */
  readonly callingUnreadable: boolean
  /** When the call is decided, in milliseconds since 1970. */
  readonly at: number
  /** All values of a header. The name is in lower case. */
  header(name: string): readonly string[]
}
