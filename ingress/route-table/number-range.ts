import { isDigits, MAX_KEY_DIGITS } from './number-key.ts'

/** Numbers that share leading digits: every number of `length` digits that starts with the prefix. */
export interface NumberBlock {
  /** The number key of the shared digits; of none at all, where the numbers have no `+`, -1. */
  readonly prefix: number
  /** How many digits are shared; as many as `length` where the block is one number. */
  readonly prefixDigits: number
  readonly length: number
}

/**
 * A range as blocks of ten, a hundred, a thousand numbers, so that it is found by its leading digits and not by walking
 * over ranges: at most 18 blocks for each digit in which its bounds differ. Undefined where the bounds are not
 * up to 15 digits, equally many, both with `+` or both without.
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

/** How many digits at the end are free in the largest block that starts at `next` and does not pass `last`. */
function freeDigits(next: number, last: number, length: number): number {
  let free = 0
  while (free < length && next % 10 ** (free + 1) === 0 && next + 10 ** (free + 1) - 1 <= last) free++
  return free
}

/** Whether a number lies in a range, digit by digit; only numbers as long as its bounds do. */
export function inRange(number: string, from: string, to: string): boolean {
  return (
    number.length === from.length && number.length === to.length && from <= number && number <= to && isDigits(number)
  )
}
