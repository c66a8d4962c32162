import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two looks at the clock. */
const RESOLUTION_MS = 20

const NANOSECONDS = 1e9

/** Measures from now on; each call answers the longest delay of the event loop since the one before, in seconds. */
export function createLoopDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return () => {
    const { max } = histogram
    histogram.reset()
    return max / NANOSECONDS
  }
}
