/** When a name is asked for again, and how long an old answer is used (pure). */
import {
  EARLIEST_REFRESH,
  FIRST_RETRY_MS,
  LATEST_REFRESH,
  MAX_DENIED_MS,
  MAX_RETRY_MS,
  MAX_STALE_MS,
  MAX_TTL_SECONDS,
  MIN_TTL_SECONDS,
} from './limits.ts'

/** Milliseconds from an answer to the next question: before the answer runs out. `fraction` is a number in [0, 1). */
export function refreshAfter(ttlSeconds: number, fraction: number): number {
  const ttl = Math.min(Math.max(ttlSeconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS)
  return ttl * 1000 * (EARLIEST_REFRESH + (LATEST_REFRESH - EARLIEST_REFRESH) * fraction)
}

/**
 * Milliseconds from a failure to the next try. `failures`: how many have come in a row, 1 for the first. `fraction` is a number in
 * [0, 1): the time is between half of the limit and the whole of it, so that many pods do not ask a server at once that comes back.
 */
export function retryAfter(failures: number, fraction: number): number {
  const limit = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 30), MAX_RETRY_MS)
  return limit * (1 - fraction / 2)
}

/** How long DNS has failed, and how long it has denied the name. Milliseconds since the first of these results in a row. */
export interface Failing {
  readonly staleMs: number
  /** Undefined if the last result was no denial. */
  readonly deniedMs: number | undefined
}

/** Whether an old answer is still used. */
export function isUsable({ staleMs, deniedMs }: Failing): boolean {
  return staleMs < MAX_STALE_MS && (deniedMs === undefined || deniedMs < MAX_DENIED_MS)
}
