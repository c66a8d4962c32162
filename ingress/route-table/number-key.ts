/**
 * Telephone numbers as 64-bit floats. So a table of a million numbers is one typed array, and a lookup builds no string.
 * The key of `+` and n digits is 10^n plus the value of the digits. So leading zeros change the key, and the key of 15
 * digits (the longest E.164 number, ITU-T E.164 §6.2.1) stays below 2^53. Without `+`, the key is the negative of this
 * number. Users of any other form have no key and are compared as text.
 */

/** The largest number of digits in a key. */
export const MAX_KEY_DIGITS = 15

/** The result of `numberKey` for text that has no key. It also marks an empty place in a `NumberTable`. */
export const NO_KEY = 0

const PLUS = 0x2b
const ZERO = 0x30

/** The key of up to 15 digits, with or without `+`. A `+` alone has a key too. `NO_KEY` for any other text. */
export function numberKey(text: string): number {
  const keys = readPrefixKeys(text)
  return keys.whole ? (keys.byLength[keys.digits] ?? NO_KEY) : NO_KEY
}

/** The keys of all prefixes of a number. The index of a key is the number of its digits. */
export interface PrefixKeys {
  /** Whether the text starts with `+`. If so, `byLength[0]` is the key of the `+` alone. */
  plus: boolean
  /** The number of leading digits, at most 15. A `+` before them is not counted. -1 if the text starts with anything else. */
  digits: number
  /** Whether the text contains nothing after the `+` and the digits that were read. */
  whole: boolean
  readonly byLength: Float64Array
}

/** The text whose keys are in `shared`. One search asks several indexes about the same number. */
let sharedText = ''
const shared: PrefixKeys = { plus: false, digits: -1, whole: false, byLength: new Float64Array(MAX_KEY_DIGITS + 1) }

/** Reads the prefix keys of a number into one shared record. The next call of this function overwrites the record. */
export function readPrefixKeys(text: string): Readonly<PrefixKeys> {
  if (text === sharedText) return shared
  sharedText = text
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

/** Whether the text consists of digits, with or without a leading `+`. Only such numbers can be in a range. */
export function isDigits(text: string): boolean {
  const start = text.charCodeAt(0) === PLUS ? 1 : 0
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return text.length > start
}
