/** Counts the results of the calls of one order. */
import { MAX_CALLS } from '../limits.ts'
import type { LoadResult } from './load-order.ts'

export interface Tally {
  /** Counts a call that got its final response after so many milliseconds. */
  answered(milliseconds: number): void
  ended(): void
  resent(): void
  repeated(): void
  lost(): void
  unexpected(status: number): void
  /** `startedAt`: start of the first call, by performance.now(); `busy`: see LoadResult. */
  result(startedAt: number, busy: number): LoadResult
}

export function createTally(): Tally {
  const times = new Float64Array(MAX_CALLS)
  const counts = { answered: 0, calls: 0, resent: 0, repeated: 0, lost: 0 }
  let endedAt = 0
  const unexpected: Record<string, number> = {}
  return {
    answered: (milliseconds) => {
      times[counts.answered++] = milliseconds
    },
    ended: () => {
      counts.calls++
      endedAt = performance.now()
    },
    resent: () => {
      counts.resent++
    },
    repeated: () => {
      counts.repeated++
    },
    lost: () => {
      counts.lost++
    },
    unexpected: (status) => {
      unexpected[status] = (unexpected[status] ?? 0) + 1
    },
    result: (startedAt, busy) => {
      const { answered, calls, resent, repeated, lost } = counts
      const seconds = Math.max(endedAt - startedAt, 1) / 1000
      return { calls, seconds, latency: latency(times.subarray(0, answered)), resent, repeated, lost, unexpected, busy }
    },
  }
}

function latency(times: Float64Array): LoadResult['latency'] {
  const sorted = times.toSorted()
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
