/**
 * The total order of rules: a call uses the first rule in this order that matches.
 *
 * 1. `priority`, higher first;
 * 2. called, more specific first: exact, longer prefix, shorter prefix, range, regex, any;
 * 3. calling, in the same way;
 * 4. more header conditions first;
 * 5. with a schedule before without one;
 * 6. older first; 7. name, by code unit.
 *
 * A list of several predicates is as specific as the least specific of them: a rule for one number and for `+1` ranks as `+1`.
 */
import { olderFirst } from './age-order.ts'
import { CONTRACT_ROWS } from './match-condition.ts'
import { MATCH_CONDITIONS, type RuleEntry } from './route-table.ts'

const SPECIFICITIES = MATCH_CONDITIONS.map((condition) => CONTRACT_ROWS[condition].specificity)

/** Negative if `a` comes before `b`. Zero only if both entries have the same name. */
export function compareRules(a: RuleEntry, b: RuleEntry): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  for (const specificity of SPECIFICITIES) {
    const difference = specificity(b) - specificity(a)
    if (difference !== 0) return difference
  }
  return olderFirst(a, b)
}
