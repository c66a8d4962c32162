import { setImmediate as nextTurn } from 'node:timers/promises'
import { SLICE_MS } from './limits.ts'

/** Splits long work into slices, so that calls are decided between two slices. */
export interface TimeSlice {
  /** Whether the slice is used up. If so, the caller awaits `pause`. */
  over(): boolean
  /** Lets all other pending work run. */
  pause(): Promise<void>
}

export function createTimeSlice(): TimeSlice {
  let end = performance.now() + SLICE_MS
  return {
    over: () => performance.now() >= end,
    pause: async () => {
      await nextTurn()
      end = performance.now() + SLICE_MS
    },
  }
}
