/** One row for each condition of a rule: how specific the condition is, and the check of its form in the shared cache. */
import type { Check } from './content-check.ts'
import type { MatchCondition, MatchConditions, NumberPredicate } from './route-table.ts'
import { headers, numbers } from './table-codec-predicate.ts'
import { schedules } from './table-codec-schedule.ts'

interface ContractRow<C extends MatchCondition> {
  /** A higher number is more specific. */
  readonly specificity: (rule: MatchConditions) => number
  readonly check: Check<MatchConditions[C]>
}

/** A row for each condition. Rules are ranked by the conditions in this order. */
export const CONTRACT_ROWS = {
  called: { specificity: ({ called }) => numberSpecificity(called), check: numbers },
  calling: { specificity: ({ calling }) => numberSpecificity(calling), check: numbers },
  headers: { specificity: (rule) => rule.headers.length, check: headers },
  schedule: { specificity: ({ schedule }) => schedule.length, check: schedules },
} satisfies { readonly [C in MatchCondition]: ContractRow<C> }

/** Greater than the specificity of every prefix that a rule can have. */
const EXACT = 1_000_000
const RANGE = 2
const REGEX = 1
const ANY = 0

/**
 * A higher number is more specific. A prefix with more digits is more specific. If two prefixes have equally many digits,
 * the one with `+` is more specific. The least specific predicate of a list counts.
 */
function numberSpecificity(predicates: readonly NumberPredicate[]): number {
  if (predicates.length === 0) return ANY
  let widest = EXACT
  for (const predicate of predicates) widest = Math.min(widest, rank(predicate))
  return widest
}

function rank(predicate: NumberPredicate): number {
  switch (predicate.type) {
    case 'exact':
      return EXACT
    case 'prefix':
      return RANGE + 2 * predicate.value.length - (predicate.value.startsWith('+') ? 1 : 0)
    case 'range':
      return RANGE
    case 'regex':
      return REGEX
  }
}
