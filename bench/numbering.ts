/** The numbers of a benchmark's calls: spread as numbers in use are, the same in every run. All have 12 characters. */

/** The first number of the plan without its `+1`, and how far the next one is. Both fit the integers of Kamailio's script. */
export const FIRST_NUMBER = 2_000_000_000
export const NUMBER_STEP = 7

/** The number of the i-th rule. */
export function numberOfRule(i: number): string {
  return `+1${FIRST_NUMBER + i * NUMBER_STEP}`
}

/** The number that the i-th call asks for, which one of so many rules has. */
export function routedNumber(i: number, rules: number): string {
  return numberOfRule(spread(i, rules))
}

/** The number that the i-th call asks for, which no rule has. */
export function unknownNumber(i: number): string {
  return `+49${100_000_000 + spread(i, 900_000_000)}`
}

function spread(i: number, size: number): number {
  return (Math.imul(i, 2_654_435_761) >>> 0) % size
}
