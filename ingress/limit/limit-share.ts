/** Divides a limit of the whole installation among its pods. Pure. All pods that see the same reports divide alike. */
import { EQUAL_PART } from './limits.ts'

/** What one pod reports about one limit. */
export interface PodUse {
  /** Calls per second that came lately, the refused ones included. */
  readonly demand: number
  /** Calls that the pod counts now. */
  readonly active: number
}

export const NO_USE: PodUse = { demand: 0, active: 0 }

/**
 * The part of each pod of a rate, from 0 to 1. The sum is 1. `EQUAL_PART` is divided equally. From the rest, each pod gets what
 * comes to it, and what nobody needs is divided equally too. If more comes than the rest, all pods get the same part of it.
 */
export function rateParts(callsPerSecond: number, uses: readonly PodUse[]): number[] {
  const equal = EQUAL_PART / uses.length
  const needed = uses.map(({ demand }) => Math.min(1, demand / callsPerSecond))
  const sum = needed.reduce((total, one) => total + one, 0)
  const rest = 1 - EQUAL_PART
  if (sum >= rest) return needed.map((one) => equal + (rest * one) / sum)
  const spare = (rest - sum) / uses.length
  return needed.map((one) => equal + one + spare)
}

/**
 * How many calls each pod may have at the same time. Each may keep those that it has. The free places go to the pods as calls
 * come to them, and `EQUAL_PART` of them equally. The sum is the limit. If the pods have more calls than the limit, nobody gets
 * a free place.
 */
export function callShares(calls: number, uses: readonly PodUse[]): number[] {
  const active = uses.reduce((total, one) => total + one.active, 0)
  const demand = uses.reduce((total, one) => total + one.demand, 0)
  const free = Math.max(0, calls - active)
  const equal = demand === 0 ? 1 : EQUAL_PART
  const exact = uses.map((one) => {
    const wanted = demand === 0 ? 0 : (one.demand / demand) * (1 - equal)
    return free * (equal / uses.length + wanted)
  })
  const places = wholeNumbers(exact, free)
  return uses.map((one, at) => one.active + (places[at] ?? 0))
}

/** Rounds the numbers, so that the sum of the results is `sum`. The numbers with the largest fractions are rounded up. */
function wholeNumbers(exact: readonly number[], sum: number): number[] {
  const whole = exact.map(Math.floor)
  const order = exact.map((_, at) => at).toSorted((a, b) => fraction(exact[b]) - fraction(exact[a]) || a - b)
  let left = sum - whole.reduce((total, one) => total + one, 0)
  for (const at of order) {
    if (left <= 0) break
    whole[at] = (whole[at] ?? 0) + 1
    left--
  }
  return whole
}

function fraction(number = 0): number {
  return number - Math.floor(number)
}
