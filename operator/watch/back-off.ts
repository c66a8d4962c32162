/** The least and the most that a random number may be. */
export interface Bounds {
  readonly least: number
  readonly most: number
}

/** A random number between the bounds, evenly distributed. `random` returns a number from 0 up to, but not including, 1. */
export function randomBetween({ least, most }: Bounds, random: () => number): number {
  return least + random() * (most - least)
}

/**
 * Returns the next delay. `previous`: the delay before it, or 0 if there was none. The next delay is a random number between the
 * least delay and three times the previous one. In this way processes that failed at the same moment do not retry at the same
 * moment, and each of them waits longer every time.
 */
export function backOff(previous: number, bounds: Bounds, random: () => number): number {
  const { least, most } = bounds
  return Math.min(most, randomBetween({ least, most: Math.max(least, previous * 3) }, random))
}
