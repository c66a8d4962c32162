/** Limits the number of answers to unvouched sources: for each source, and for all together. */
import { randomInt } from 'node:crypto'
import type { IpAddress } from '../../address/ip-address.ts'
import {
  UNVOUCHED_ANSWER_BURST,
  UNVOUCHED_ANSWERS_PER_SECOND,
  UNVOUCHED_SOURCE_ANSWER_BURST,
  UNVOUCHED_SOURCE_ANSWERS_PER_SECOND,
  UNVOUCHED_SOURCES,
} from '../limits.ts'

export interface UnvouchedBudget {
  /**
   * Whether the limits allow one more answer to this source. If they do, the answer is counted. `now`: monotonic milliseconds.
   */
  take(source: IpAddress, now: number): boolean
}

/**
 * Token buckets in an array of fixed size, so that a flood from many addresses takes no extra memory. Sources in the same slot
 * share its tokens. Nobody outside can predict which sources share a slot. IPv6 sources with the same first 64 bits count as
 * one source, because one host usually has a whole /64.
 */
export function createUnvouchedBudget(): UnvouchedBudget {
  const seed = randomInt(2 ** 32)
  const used = new Float64Array(UNVOUCHED_SOURCES)
  const usedAt = new Float64Array(UNVOUCHED_SOURCES)
  let usedInAll = 0
  let usedInAllAt = 0
  return {
    take: (source, now) => {
      const slot = slotOf(source, seed)
      const before = leaked(used[slot], now - (usedAt[slot] ?? 0), UNVOUCHED_SOURCE_ANSWERS_PER_SECOND)
      const inAll = leaked(usedInAll, now - usedInAllAt, UNVOUCHED_ANSWERS_PER_SECOND)
      if (before + 1 > UNVOUCHED_SOURCE_ANSWER_BURST || inAll + 1 > UNVOUCHED_ANSWER_BURST) return false
      used[slot] = before + 1
      usedAt[slot] = now
      usedInAll = inAll + 1
      usedInAllAt = now
      return true
    },
  }
}

/**
 * The number of tokens that are still in use `elapsed` milliseconds after `used` tokens were in use. At the start, no token is
 * in use.
 */
function leaked(used = 0, elapsed: number, perSecond: number): number {
  return Math.max(0, used - (elapsed * perSecond) / 1000)
}

function slotOf({ family, words }: IpAddress, seed: number): number {
  const [a, b, c, d] = words
  const [high, low] = family === 6 ? [a, b] : [c, d]
  let hash = Math.imul(seed ^ high, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0xc2b2ae35)
  return ((hash ^ (hash >>> 13)) >>> 0) % UNVOUCHED_SOURCES
}
