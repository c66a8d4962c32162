/** The series of limits. Those of rules have a bound, because 100,000 rules must not become 100,000 time series. */
import type { Registry } from 'prom-client'
import type { LimitUse } from '../limit/call-limits.ts'
import { addCounter, addGauge } from './exposition.ts'
import { METRICS, OVER_LIMIT_REASONS } from './metric-declarations.ts'
import { OTHER_RULES } from './rule-counters.ts'
import type { TrunkTable } from './trunk-counters.ts'

interface LimitSeriesOptions {
  /** How near the limits of trunks and rules are. If absent, there are no limits. */
  readonly limitUses?: () => Iterable<LimitUse>
  /** The largest number of rules that have a series of their own. */
  readonly ruleSeries: number
}

/** Adds the metrics of limits: calls that were over a limit, and how near each limit is. */
export function registerLimits(
  registry: Registry,
  trunks: TrunkTable,
  { limitUses = () => [], ruleSeries }: LimitSeriesOptions,
): void {
  addCounter(registry, METRICS.overLimit, (emit) => {
    for (const [trunk, { overLimit }] of trunks.entries()) {
      for (const [reason, at] of Object.entries(OVER_LIMIT_REASONS)) {
        // Without a trunk, only overload refuses, and overload never refuses with one.
        if ((trunk === '') === (reason === 'overload')) emit({ trunk, reason }, overLimit[at] ?? 0)
      }
    }
  })
  addCounter(registry, METRICS.numberRepeated, (emit) => {
    for (const [trunk, { numbersRepeated }] of trunks.entries()) if (trunk !== '') emit({ trunk }, numbersRepeated)
  })
  addGauge(registry, METRICS.trunkLimitUse, (emit) => {
    for (const { of, name, kind, ratio } of limitUses()) if (of === 'trunk') emit({ trunk: name, limit: kind }, ratio)
  })
  addGauge(registry, METRICS.ruleLimitUse, (emit) => {
    for (const { name, kind, ratio } of boundedUses(limitUses(), ruleSeries)) emit({ rule: name, limit: kind }, ratio)
  })
}

/**
 * The uses of rules' limits, for at most `series` rules. The limits of further rules share one series for each kind of limit,
 * with the highest use of them.
 */
function* boundedUses(uses: Iterable<LimitUse>, series: number): Generator<LimitUse> {
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
