/**
 * Notices a number that one trunk calls very often, as carriers in a circle do. Counts in a count-min sketch, so the memory is
 * the same however many numbers are called. Pure; times are monotonic milliseconds.
 */
import { REPEAT_CALLS, REPEAT_COLUMNS, REPEAT_ROWS, REPEAT_WINDOW_MS } from './limits.ts'

export interface RepeatedNumbers {
  /**
   * Counts a call. `key` stands for trunk and number, in 52 bits. Returns true once per window and key: when the number has been
   * called too often.
   */
  isTooOften(key: number, now: number): boolean
}

export function createRepeatedNumbers(): RepeatedNumbers {
  const counts = new Uint16Array(REPEAT_ROWS * REPEAT_COLUMNS)
  const places = new Uint16Array(REPEAT_ROWS)
  let windowAt = Number.NEGATIVE_INFINITY
  return {
    isTooOften: (key, now) => {
      if (now - windowAt >= REPEAT_WINDOW_MS) {
        counts.fill(0)
        windowAt = now
      }
      writePlaces(places, key)
      return countOne(counts, places) === REPEAT_CALLS + 1
    },
  }
}

/** Each row takes its own 13 bits of the key. */
function writePlaces(places: Uint16Array, key: number): void {
  let rest = key
  for (let row = 0; row < REPEAT_ROWS; row++) {
    const next = Math.floor(rest / REPEAT_COLUMNS)
    places[row] = row * REPEAT_COLUMNS + (rest - next * REPEAT_COLUMNS)
    rest = next
  }
}

/** The largest number of 16 bits. */
const MAX_COUNT = 0xffff

/** Counts one call, and returns how many have come at most. A count ends at its largest value and does not go back to 0. */
function countOne(counts: Uint16Array, places: Uint16Array): number {
  let least = MAX_COUNT - 1
  for (const place of places) least = Math.min(least, counts[place] ?? 0)
  const next = least + 1
  // Only the smallest counts are raised. So other numbers in the same places make a count less wrong.
  for (const place of places) if ((counts[place] ?? 0) < next) counts[place] = next
  return next
}
