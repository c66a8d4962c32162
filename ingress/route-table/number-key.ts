/**
 * Telephone numbers as 64-bit floats, so that a table of a million of them is one typed array and a lookup makes no
 * string. The key of `+` and n digits is 10^n plus their value: leading zeros count, and 15 digits (the longest E.164
 * number, ITU-T E.164 §6.2.1) stay below 2^53. Users of any other form have no key and are compared as text.
 */

/** Digits that a key can hold. */
export const MAX_KEY_DIGITS = 15

/** What `numberKey` answers for text that has no key; an empty place in a `NumberTable`. */
export const NO_KEY = 0

const PLUS = 0x2b
const ZERO = 0x30

/** The key of `+` and up to 15 digits; `NO_KEY` for anything else. */
export function numberKey(text: string): number {
  const keys = readPrefixKeys(text)
  return keys.digits === text.length - 1 ? (keys.byLength[keys.digits] ?? NO_KEY) : NO_KEY
}

/** The keys of every prefix of a number, by how many digits each has; of `+` alone is `byLength[0]`. */
interface PrefixKeys {
  /** Leading digits after the `+`, at most 15; -1 if the text does not start with `+`. */
  digits: number
  readonly byLength: Float64Array
}

const shared: PrefixKeys = { digits: -1, byLength: new Float64Array(MAX_KEY_DIGITS + 1) }

/** Reads a number's prefix keys into one shared record, good until the next call. */
export function readPrefixKeys(text: string): Readonly<PrefixKeys> {
  shared.digits = -1
  if (text.charCodeAt(0) !== PLUS) return shared
  const end = Math.min(text.length, MAX_KEY_DIGITS + 1)
  let key = 1
  let digits = 0
  shared.byLength[0] = key
  while (digits + 1 < end) {
    const digit = text.charCodeAt(digits + 1) - ZERO
    if (digit < 0 || digit > 9) break
    key = key * 10 + digit
    digits++
    shared.byLength[digits] = key
  }
  shared.digits = digits
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
