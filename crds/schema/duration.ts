import { z } from 'zod'
import { withRules } from './validation-rule.ts'

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/**
 * The schema of a duration from `min` to `max`, both included. The form is that of Kubernetes (GEP-2257): `2s`, `500ms`,
 * `1m30s`.
 */
export function durationBetween(min: string, max: string) {
  const [low, high] = [durationMilliseconds(min), durationMilliseconds(max)]
  const text = z
    .string()
    .max(20)
    .regex(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/, 'is not a duration such as 2s, 500ms or 1m30s')
  return withRules(text, {
    cel: `duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`,
    message: `must be from ${min} to ${max}`,
    holds: (value) => durationMilliseconds(value) >= low && durationMilliseconds(value) <= high,
  })
}

/** The milliseconds of a duration that the schema has accepted. */
export function durationMilliseconds(text: string): number {
  let total = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
  }
  return total
}
