import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two readings of the clock. */
const RESOLUTION_MS = 20

const NANOSECONDS = 1e9

/**
 * Starts to measure. Each call of the returned function gives the longest delay of the event loop since the last call, in
 * seconds.
 */
export function createLoopDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return () => {
    const { max } = histogram
    histogram.reset()
    return max / NANOSECONDS
  }
}
