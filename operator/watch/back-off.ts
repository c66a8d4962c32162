/** The smallest and the largest value that a random number may have. */
export interface Bounds {
  readonly least: number
  readonly most: number
}

/**
 * A random number between the bounds. All values are equally likely. `random` returns a number that is at least 0 and less than
 * 1.
 */
export function randomBetween({ least, most }: Bounds, random: () => number): number {
  return least + random() * (most - least)
}

/**
 * Returns the next delay: a random number between the least delay and three times `previous`. `previous` is the delay before,
 * or 0 if there was none. So processes that failed at the same moment retry at different moments, and their delays grow.
 */
export function backOff(previous: number, bounds: Bounds, random: () => number): number {
  const { least, most } = bounds
  return Math.min(most, randomBetween({ least, most: Math.max(least, previous * 3) }, random))
}
