/** The shortest and the longest of something that is drawn. */
export interface Bounds {
  readonly least: number
  readonly most: number
}

/** Evenly drawn between the bounds. `random` gives 0 to 1, without 1. */
export function drawn({ least, most }: Bounds, random: () => number): number {
  return least + random() * (most - least)
}

/**
 * The delay after `previous` (0 for the first): drawn between the least and three times the previous one, so that
 * many who failed together do not come back together, and none of them soon again.
 */
export function backOff(previous: number, bounds: Bounds, random: () => number): number {
  const { least, most } = bounds
  return Math.min(most, drawn({ least, most: Math.max(least, previous * 3) }, random))
}
