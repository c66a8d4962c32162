/** Arrival times that do not depend on answers: a Poisson process, as calls of many people come. */

/** Seconds between two arrivals; the mean is 1 / `perSecond`. The same seed gives the same times. */
export function poissonPauses(perSecond: number, seed: number): () => number {
  const random = randomNumbers(seed)
  return () => -Math.log(1 - random()) / perSecond
}

/** Evenly spread numbers from 0 to below 1 (mulberry32: enough for arrival times). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
