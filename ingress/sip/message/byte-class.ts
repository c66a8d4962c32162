/**
 * The class of a byte in the grammar of RFC 3261 §25.1. It is read from a table, so that each byte of a packet costs one load.
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

const TOKEN_MARKS = "-.!%*_+`'~"

/** The lower case of every byte that a `token` may contain, 0 for all others. */
const TOKEN_LOWER = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[a-zA-Z0-9]/.test(character) || TOKEN_MARKS.includes(character) ? character.toLowerCase().charCodeAt(0) : 0
})

/** The byte at `at` in lower case if a `token` may contain it, else 0. An offset after the end also gives 0. */
export function tokenLower(bytes: Uint8Array, at: number): number {
  return TOKEN_LOWER[bytes[at] ?? 0] ?? 0
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** SP or HTAB: WSP of RFC 3261 §25.1. */
export function isWsp(byte: number | undefined): boolean {
  return byte === SP || byte === TAB
}

/** White space inside a header value. The message has already been split into headers, so a line break here is always a fold. */
export function isLws(byte: number | undefined): boolean {
  return byte === SP || byte === TAB || byte === CR || byte === LF
}

export function skipLws(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && isLws(bytes[at])) at++
  return at
}

/** The offset after the quoted string that opens at `from`. `end` if the string is not closed. */
export function skipQuoted(bytes: Uint8Array, from: number, end: number): number {
  const close = closingQuote(bytes, from, end)
  return close === -1 ? end : close + 1
}

/** The offset after the `>` that closes the `<` at `from`. `end` if no `>` closes it. */
export function skipAngles(bytes: Uint8Array, from: number, end: number): number {
  const close = closingAngle(bytes, from, end)
  return close === -1 ? end : close + 1
}

/** Whether every quoted string and every angle bracket that opens in this range is also closed in this range. */
export function isClosed(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end) {
    const byte = bytes[at]
    if (byte === QUOTE || byte === LESS_THAN) {
      at = byte === QUOTE ? closingQuote(bytes, at, end) : closingAngle(bytes, at, end)
      if (at === -1) return false
    }
    at++
  }
  return true
}

/**
 * The offset of the first comma outside quotes and angle brackets. It ends the first value of a list. `end` if there is no such
 * comma.
 */
export function firstComma(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at]
    if (byte === COMMA) return at
    if (byte === QUOTE) at = skipQuoted(bytes, at, end)
    else if (byte === LESS_THAN) at = skipAngles(bytes, at, end)
    else at++
  }
  return end
}

/** Reads the range as a decimal number. -1 if it is empty, has a byte that is no digit, or its number is greater than `most`. */
export function readDecimal(bytes: Uint8Array, from: number, range: { end: number; most: number }): number {
  let value = 0
  if (from >= range.end) return -1
  for (let at = from; at < range.end; at++) {
    if (!isDigit(bytes[at])) return -1
    value = value * 10 + ((bytes[at] ?? 0) - 0x30)
    if (value > range.most) return -1
  }
  return value
}

/** RFC 3261 §25.1 quoted-string: a backslash makes the next character an ordinary one. */
function closingQuote(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at < end ? at : -1
}

function closingAngle(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1
  while (at < end && bytes[at] !== GREATER_THAN) at++
  return at < end ? at : -1
}
