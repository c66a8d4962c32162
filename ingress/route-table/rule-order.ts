/**
 * The total order of rules: the winner of a call is the first rule in it whose every predicate holds.
 *
 * 1. `priority`, higher first;
 * 2. called, more specific first: exact, longer prefix, shorter prefix, range, regex, any;
 * 3. calling, in the same way;
 * 4. more header conditions first;
 * 5. older first; 6. name, by code unit.
 *
 * A list of several predicates is as specific as the widest of them: a rule for one number and for `+1` ranks as `+1`.
 */
import type { NumberPredicate, RuleEntry } from './route-table.ts'

/** Negative when `a` comes before `b`. Zero only for two entries of one name. */
export function compareRules(a: RuleEntry, b: RuleEntry): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  return (
    specificity(b.called) - specificity(a.called) ||
    specificity(b.calling) - specificity(a.calling) ||
    b.headers.length - a.headers.length ||
    a.createdAt - b.createdAt ||
    compareText(a.name, b.name)
  )
}

/** Above every prefix that a rule can hold. */
const EXACT = 1_000_000
const RANGE = 2
const REGEX = 1
const ANY = 0

/** Higher is more specific; a prefix is the more so the more digits it has, and with `+` more than without. */
function specificity(predicates: readonly NumberPredicate[]): number {
  if (predicates.length === 0) return ANY
  let widest = EXACT
  for (const predicate of predicates) widest = Math.min(widest, rank(predicate))
  return widest
}

function rank(predicate: NumberPredicate): number {
  if (predicate.type === 'exact') return EXACT
  if (predicate.type === 'prefix') return RANGE + 2 * predicate.value.length - (predicate.value.startsWith('+') ? 1 : 0)
  return predicate.type === 'range' ? RANGE : REGEX
}

/** By code unit: the same order everywhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
