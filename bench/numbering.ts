/** The numbers of a benchmark's calls: spread like real numbers, the same in every run. All have 12 characters. */

/** The first number of the plan without its `+1`, and the step to the next one. Both fit the integers of Kamailio's script. */
export const FIRST_NUMBER = 2_000_000_000
export const NUMBER_STEP = 7

/** The number of the i-th rule. */
export function numberOfRule(i: number): string {
  return `+1${FIRST_NUMBER + i * NUMBER_STEP}`
}

/** The number that the i-th call goes to; one of so many rules has it. */
export function routedNumber(i: number, rules: number): string {
  return numberOfRule(spread(i, rules))
}

/** The number that the i-th call goes to; no rule has it. */
export function unknownNumber(i: number): string {
  return `+49${100_000_000 + spread(i, 900_000_000)}`
}

/** Spreads numbers over their block as real numbers are spread, in the same way in every run. */
export function spread(i: number, size: number): number {
  return (Math.imul(i, 2_654_435_761) >>> 0) % size
}
