/** The series of rules' limits. Their number has a bound, because 100,000 rules must not become 100,000 time series. */
import type { LimitUse } from '../limit/call-limits.ts'
import { OTHER_RULES } from './rule-counters.ts'

/**
 * The uses of rules' limits, for at most `series` rules. The limits of further rules share one series for each kind of limit,
 * with the highest use of them.
 */
export function* boundedUses(uses: Iterable<LimitUse>, series: number): Generator<LimitUse> {
  const shown = new Set<string>()
  const others = new Map<LimitUse['kind'], LimitUse>()
  for (const use of uses) {
    if (use.of !== 'rule') continue
    if (shown.has(use.name) || shown.size < series) {
      shown.add(use.name)
      yield use
      continue
    }
    const highest = others.get(use.kind)
    if (highest === undefined || use.ratio > highest.ratio) others.set(use.kind, { ...use, name: OTHER_RULES })
  }
  yield* others.values()
}
