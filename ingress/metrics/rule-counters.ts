/** Counts calls per rule. The number of series has a limit, because 100,000 rules must not become 100,000 time series. */
import type { TableNames } from '../lookup/live-table.ts'

export interface RuleCounters {
  count(rule: string): void
  /**
   * Sets the rules of the table. A rule that is no longer in the table loses its series. Another rule can then get a
   * series.
   */
  replace(rules: TableNames): void
  /** Every series with its number of calls. `(other)` comes last. */
  entries(): Iterable<readonly [string, number]>
}

/** The label of the series that all further rules share. */
export const OTHER_RULES = '(other)'

/**
 * Counters with at most `series` series for rules. If the table has at most `series` rules, every rule has a series that
 * starts at 0. So rules without calls are visible too. If the table has more rules, a rule gets its series at its first
 * call, until `series` rules have one. All other calls are counted under `(other)`.
 */
export function createRuleCounters(series: number): RuleCounters {
  const calls = new Map<string, number>()
  let other = 0
  const count = (rule: string) => {
    const sofar = calls.get(rule)
    if (sofar !== undefined || calls.size < series) calls.set(rule, (sofar ?? 0) + 1)
    else other++
  }
  const replace = (rules: TableNames) => {
    for (const rule of calls.keys()) if (!rules.has(rule)) calls.delete(rule)
    if (rules.size > series) return
    for (const rule of rules.keys()) calls.set(rule, calls.get(rule) ?? 0)
  }
  return { count, replace, entries: () => [...calls, [OTHER_RULES, other] as const] }
}
