/**
 * Tells the class of a byte in the grammar of RFC 3261 §25.1. The classes are in a table, so that each byte needs only one
 * look-up.
 */
export const CR = 0x0d
export const LF = 0x0a
export const SP = 0x20
const TAB = 0x09
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const COMMA = 0x2c
export const EQUALS = 0x3d
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const LESS_THAN = 0x3c
export const GREATER_THAN = 0x3e

/** Stands for bytes that are not there yet, or no longer. Shared, because each empty Buffer costs memory. */
export const NO_BYTES = Buffer.alloc(0)

const TOKEN_MARKS = "-.!%*_+`'~"

/** For every byte that a `token` may contain, the byte in lower case. For all other bytes, 0. */
const TOKEN_LOWER = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[a-zA-Z0-9]/.test(character) || TOKEN_MARKS.includes(character) ? character.toLowerCase().charCodeAt(0) : 0
})

/** The byte at `at` in lower case, if a `token` may contain it. For all other bytes, and for an offset after the end, 0. */
export function tokenLower(bytes: Uint8Array, at: number): number {
  return TOKEN_LOWER[bytes[at] ?? 0] ?? 0
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Whether the byte is SP or HTAB, called WSP in RFC 3261 §25.1. */
export function isWsp(byte: number | undefined): boolean {
  return byte === SP || byte === TAB
}

/**
 * Whether the byte is white space inside a header value. A line break counts too: the message has already been split into
 * headers, so a line break inside a value is always a fold.
 */
export function isLws(byte: number | undefined): boolean {
  return byte === SP || byte === TAB || byte === CR || byte === LF
}

export function skipLws(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && isLws(bytes[at])) at++
  return at
}

/** The offset after the quoted string that opens at `from`. If the string is not closed, `end`. */
export function skipQuoted(bytes: Uint8Array, from: number, end: number): number {
  const close = closingQuote(bytes, from, end)
  return close === -1 ? end : close + 1
}

/** The offset after the `>` that closes the `<` at `from`. If no `>` closes it, `end`. */
export function skipAngles(bytes: Uint8Array, from: number, end: number): number {
  const close = closingAngle(bytes, from, end)
  return close === -1 ? end : close + 1
}

/** The offset at which the range has this text of ASCII. If the range does not have it, -1. */
export function indexOfText(bytes: Uint8Array, text: string, range: { start: number; end: number }): number {
  const last = range.end - text.length
  for (let at = range.start; at <= last; at++) {
    let i = 0
    while (i < text.length && bytes[at + i] === text.charCodeAt(i)) i++
    if (i === text.length) return at
  }
  return -1
}

/**
 * The offset of the first comma outside quotes and angle brackets. This comma ends the first value of a list. If there is no
 * such comma, `end`.
 */
export function firstComma(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at] ?? 0
    // Nearly all bytes of a value are greater than a comma, so they need only two comparisons.
    if (byte > COMMA) at = byte === LESS_THAN ? skipAngles(bytes, at, end) : at + 1
    else if (byte === COMMA) return at
    else at = byte === QUOTE ? skipQuoted(bytes, at, end) : at + 1
  }
  return end
}

/**
 * Reads the range as a decimal number. The result is -1 if the range is empty or has a byte that is not a digit, or if the
 * number is greater than `most`.
 */
export function readDecimal(bytes: Uint8Array, from: number, end: number, most: number): number {
  let value = 0
  if (from >= end) return -1
  for (let at = from; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    if (value > most) return -1
  }
  return value
}

/** Whether this ASCII word is at this offset, in upper or lower case. `word` has only lower-case letters. */
export function isWord(bytes: Uint8Array, at: number, word: string): boolean {
  // The bit 0x20 is the only difference between an upper-case letter and its lower-case letter.
  for (let i = 0; i < word.length; i++) if (((bytes[at + i] ?? 0) | 0x20) !== word.charCodeAt(i)) return false
  return true
}

/** The range as text: one character is one byte. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}

/**
 * The offset of the quote that closes a quoted string. RFC 3261 §25.1: a character after a backslash has no special meaning, so
 * an escaped quote does not close the string. If no quote closes it, -1.
 */
export function closingQuote(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at < end ? at : -1
}

/** The offset of the `>` that closes the `<` at `open`, or -1. */
export function closingAngle(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1
  while (at < end && bytes[at] !== GREATER_THAN) at++
  return at < end ? at : -1
}
