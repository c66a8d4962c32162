/**
 * Calls per rule with a bound on the series: 100,000 rules must not become 100,000 time series.
 */
import type { TableNames } from '../lookup/live-table.ts'

export interface RuleCounters {
  count(rule: string): void
  /** Takes over the rules of a table: rules that are gone lose their series and make room. */
  replace(rules: TableNames): void
  /** Every series with its number of calls, `(other)` last. */
  entries(): Iterable<readonly [string, number]>
}

const OTHER = '(other)'

/**
 * Counters for at most `series` rules. While all rules fit, each has its series from 0, so that rules without calls are visible
 * too. Where there are more rules, a rule gets its series with its first call, until all are taken.
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
  return { count, replace, entries: () => [...calls, [OTHER, other] as const] }
}
