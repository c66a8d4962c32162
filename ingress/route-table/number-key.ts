/**
 * Telephone numbers as 64-bit floats, so that a table of a million of them is one typed array and a lookup makes no
 * string. The key of `+` and n digits is 10^n plus their value: leading zeros count, and 15 digits (the longest E.164
 * number, ITU-T E.164 §6.2.1) stay below 2^53. That of digits without `+` is its negative. Users of any other form have
 * no key and are compared as text.
 */

/** Digits that a key can hold. */
export const MAX_KEY_DIGITS = 15

/** What `numberKey` answers for text that has no key; an empty place in a `NumberTable`. */
export const NO_KEY = 0

const PLUS = 0x2b
const ZERO = 0x30

/** The key of up to 15 digits, with `+` or without, and of `+` alone; `NO_KEY` for anything else. */
export function numberKey(text: string): number {
  const keys = readPrefixKeys(text)
  return keys.whole ? (keys.byLength[keys.digits] ?? NO_KEY) : NO_KEY
}

/** The keys of every prefix of a number, by how many digits each has. */
export interface PrefixKeys {
  /** Whether the text starts with `+`; then `byLength[0]` is the key of that. */
  plus: boolean
  /** Leading digits, behind a `+` if there is one, at most 15; -1 if there is neither. */
  digits: number
  /** Whether the text is nothing else. */
  whole: boolean
  readonly byLength: Float64Array
}

const shared: PrefixKeys = { plus: false, digits: -1, whole: false, byLength: new Float64Array(MAX_KEY_DIGITS + 1) }

/** Reads a number's prefix keys into one shared record, good until the next call. */
export function readPrefixKeys(text: string): Readonly<PrefixKeys> {
  const plus = text.charCodeAt(0) === PLUS
  const start = plus ? 1 : 0
  const sign = plus ? 1 : -1
  const end = Math.min(text.length - start, MAX_KEY_DIGITS)
  let key = 1
  let digits = 0
  shared.byLength[0] = plus ? key : NO_KEY
  while (digits < end) {
    const digit = text.charCodeAt(start + digits) - ZERO
    if (digit < 0 || digit > 9) break
    key = key * 10 + digit
    digits++
    shared.byLength[digits] = sign * key
  }
  shared.plus = plus
  shared.digits = digits === 0 && !plus ? -1 : digits
  shared.whole = shared.digits !== -1 && digits === text.length - start
  return shared
}

/** Whether the text is digits only, a leading `+` aside: what a range can hold. */
export function isDigits(text: string): boolean {
  const start = text.charCodeAt(0) === PLUS ? 1 : 0
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return text.length > start
}
