import { isDigits, MAX_KEY_DIGITS } from './number-key.ts'

/** Numbers that have the same leading digits: all numbers of `length` digits that start with the prefix. */
export interface NumberBlock {
  /** The number key of the leading digits. -1 if there are no leading digits and the numbers have no `+`. */
  readonly prefix: number
  /** Number of leading digits that all numbers share. If it equals `length`, the block is one number. */
  readonly prefixDigits: number
  readonly length: number
}

/**
 * Divides a range into blocks of ten, a hundred or a thousand numbers, and so on. So an index finds a range by its leading
 * digits and does not test every range. There are at most 18 blocks for each digit in which the bounds differ. Returns
 * undefined for bounds that have no blocks: a bound is not a telephone number, the bounds have different lengths, only one
 * of them has a `+`, or they have more than 15 digits.
 */
export function numberBlocks(from: string, to: string): NumberBlock[] | undefined {
  const plus = from.startsWith('+')
  const start = plus ? 1 : 0
  const sign = plus ? 1 : -1
  const length = from.length - start
  const keyed = plus === to.startsWith('+') && isDigits(from) && isDigits(to)
  if (!keyed || to.length !== from.length || length > MAX_KEY_DIGITS) return undefined
  const blocks: NumberBlock[] = []
  const last = Number(to.slice(start))
  for (let next = Number(from.slice(start)); next <= last; ) {
    const free = freeDigits(next, last, length)
    const numbers = 10 ** free
    blocks.push({ prefix: sign * (10 ** (length - free) + next / numbers), prefixDigits: length - free, length })
    next += numbers
  }
  return blocks
}

/**
 * The number of last digits that may have any value in the largest block that starts at `next` and does not go beyond
 * `last`.
 */
function freeDigits(next: number, last: number, length: number): number {
  let free = 0
  while (free < length && next % 10 ** (free + 1) === 0 && next + 10 ** (free + 1) - 1 <= last) free++
  return free
}

/** Whether a number is in a range. Numbers are compared digit by digit. The number must be as long as the bounds. */
export function inRange(number: string, from: string, to: string): boolean {
  return (
    number.length === from.length && number.length === to.length && from <= number && number <= to && isDigits(number)
  )
}
