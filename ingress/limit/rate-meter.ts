/** Measures calls per second. Pure; times are monotonic milliseconds. */
import { METER_WINDOW_MS, PEAK_MS } from './limits.ts'

export interface RateMeter {
  windowAt: number
  calls: number
  peakAt: number
  peak: number
  earlierPeak: number
}

export function createRateMeter(now: number): RateMeter {
  return { windowAt: now, calls: 0, peakAt: now, peak: 0, earlierPeak: 0 }
}

/** Counts one call. */
export function countCall(meter: RateMeter, now: number): void {
  advance(meter, now)
  meter.calls++
}

/** The most calls in one second of the last `PEAK_MS` and a little more. */
export function peakOf(meter: RateMeter, now: number): number {
  advance(meter, now)
  return Math.max(meter.calls, meter.peak, meter.earlierPeak)
}

function advance(meter: RateMeter, now: number): void {
  if (now - meter.windowAt >= METER_WINDOW_MS) {
    meter.peak = Math.max(meter.peak, meter.calls)
    meter.calls = 0
    meter.windowAt = now
  }
  const age = now - meter.peakAt
  if (age < PEAK_MS) return
  meter.earlierPeak = age < 2 * PEAK_MS ? meter.peak : 0
  meter.peak = 0
  meter.peakAt = now
}
