/**
 * Sorts rules into the order in which they are tried, and compares two sorted sequences. Rules that are still the same
 * JavaScript objects are not sorted again. So the time depends on the number of changed rules.
 */
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import { compareRules } from '../../ingress/route-table/rule-order.ts'

/**
 * Sorts the rules into the order in which they are tried. `before` is an earlier result, so its entries already are in this
 * order.
 */
export function inRuleOrder(rules: readonly RuleEntry[], before: readonly RuleEntry[]): RuleEntry[] {
  const fresh = new Set(rules)
  const retained = before.filter((rule) => fresh.delete(rule))
  return fresh.size === 0 ? retained : merged(retained, [...fresh].sort(compareRules))
}

function merged(retained: readonly RuleEntry[], fresh: readonly RuleEntry[]): RuleEntry[] {
  const result: RuleEntry[] = []
  let next = 0
  for (const rule of fresh) {
    const place = placeOf(rule, retained, next)
    for (const earlier of retained.slice(next, place)) result.push(earlier)
    result.push(rule)
    next = place
  }
  for (const later of retained.slice(next)) result.push(later)
  return result
}

/**
 * The number of rules in `sorted` that come before the given rule. The caller already knows that the first `from` of them come
 * before it.
 */
function placeOf(rule: RuleEntry, sorted: readonly RuleEntry[], from: number): number {
  let [low, high] = [from, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = sorted[middle]
    if (other !== undefined && compareRules(other, rule) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

export interface SequenceChange {
  readonly removed: readonly RuleEntry[]
  readonly added: readonly RuleEntry[]
}

/**
 * Finds the rules that are in only one of the two sequences. Returns undefined if there are more than `limit` of them. Both
 * sequences must be in the order of rules.
 */
export function sequenceChange(
  before: readonly RuleEntry[],
  after: readonly RuleEntry[],
  limit: number,
): SequenceChange | undefined {
  const removed: RuleEntry[] = []
  const added: RuleEntry[] = []
  let [i, j] = [0, 0]
  while (removed.length + added.length <= limit) {
    const [old, current] = [before[i], after[j]]
    if (old === undefined && current === undefined) return { removed, added }
    if (old === current) {
      i++
      j++
      continue
    }
    const order = compareEnds(old, current)
    if (order <= 0 && old) {
      removed.push(old)
      i++
    }
    if (order >= 0 && current) {
      added.push(current)
      j++
    }
  }
  return undefined
}

/** Compares two rules like `compareRules`. Undefined means the end of a sequence. It comes after every rule. */
function compareEnds(old: RuleEntry | undefined, current: RuleEntry | undefined): number {
  if (old === undefined) return 1
  return current === undefined ? -1 : compareRules(old, current)
}
