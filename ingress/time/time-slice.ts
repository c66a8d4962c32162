import { setImmediate as nextTurn } from 'node:timers/promises'
import { SLICE_MS } from './limits.ts'

/** Splits long work, so that calls are decided in between. */
export interface TimeSlice {
  /** Whether the work has taken its time: then await `pause`. */
  over(): boolean
  /** Lets everything else that waits run. */
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
