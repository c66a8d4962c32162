/**
 * RFC 3261 §7.3.1 and §19.1.1: a parameter must not be repeated in a header value or in a URI. Of a repeated parameter, some
 * elements use the first value and others use the last. So we could decide by one value and our neighbour by the other. The
 * check reads bytes, so that it also works if a value does not fit the grammar.
 */
import { MAX_PARAMETERS } from '../limits.ts'
import {
  COMMA,
  closingAngle,
  closingQuote,
  EQUALS,
  GREATER_THAN,
  isLws,
  isWord,
  LESS_THAN,
  QUOTE,
  SEMICOLON,
  skipLws,
} from './byte-class.ts'

/**
 * `repeated`: a name occurs twice. `too-many`: there are more than `MAX_PARAMETERS` parameters, so the check could not finish.
 */
export type ParameterFault = 'repeated' | 'too-many'

const QUESTION = 0x3f
const AT = 0x40
const PERCENT = 0x25
/**
 * For each byte that ends a name, 0. For `%` and NUL, `HARD`: such a name is compared character by character. For each other
 * byte, the byte in lower case.
 */
const HARD = 256
const NAME_BYTES = Uint16Array.from({ length: 256 }, (_, byte) => {
  if (isLws(byte) || [SEMICOLON, COMMA, EQUALS, QUOTE, LESS_THAN, GREATER_THAN, QUESTION].includes(byte)) return 0
  return byte === PERCENT || byte === 0 ? HARD : lowerCase(byte)
})
/** For each byte that the check must handle between two names (`;`, `"`, `<` and `,`), 1. */
const MARKS = Uint8Array.from({ length: 256 }, (_, byte) => {
  return [SEMICOLON, QUOTE, LESS_THAN, COMMA].includes(byte) ? 1 : 0
})

/**
 * For each name that was found, three numbers: start, end and hash. Only one value is checked at a time, so all checks share
 * this array.
 */
const NAME_WIDTH = 3
const names = new Int32Array(MAX_PARAMETERS * NAME_WIDTH)
let count = 0
/** The offset up to which the value has been read. */
let at = 0
/** The offset of the parameter name that was read last. */
let nameStart = 0

/**
 * What else was seen in the value that `parameterFault` read last, if it found no fault: the value of the parameter `tag`
 * (without a tag, -1), and whether all quotes and angle brackets are closed. So From and To are read only once.
 */
export const lastValue = { tagStart: -1, tagEnd: -1, closed: true }

/**
 * Finds a repeated parameter in the values of a header, or in the URIs in angle brackets inside these values. `list`: whether a
 * comma begins a new value. Names are compared in lower case, with escapes decoded (RFC 3261 §19.1.4) and without white space
 * around them. Text in quotes is never a parameter.
 */
export function parameterFault(
  bytes: Uint8Array,
  start: number,
  end: number,
  list: boolean,
): ParameterFault | undefined {
  count = 0
  lastValue.tagStart = -1
  lastValue.closed = start < end
  let fault: ParameterFault | undefined
  for (at = nextMark(bytes, start, end); at < end && fault === undefined; at = nextMark(bytes, at, end)) {
    const byte = bytes[at]
    if (byte === SEMICOLON) {
      fault = takeName(bytes, end, 0)
      if (isTag(bytes)) takeTag(bytes, end)
    } else if (byte === QUOTE) {
      at = afterClose(closingQuote(bytes, at, end), end)
    } else if (byte === LESS_THAN) {
      fault = takeUri(bytes, afterClose(closingAngle(bytes, at, end), end))
    } else {
      if (list) count = 0
      at++
    }
  }
  return fault
}

/** The next offset that the check must handle. Nearly all bytes are read here, so the offset is a local variable. */
function nextMark(bytes: Uint8Array, from: number, end: number): number {
  let place = from
  while (place < end && MARKS[bytes[place] ?? 0] === 0) place++
  return place
}

function afterClose(close: number, end: number): number {
  if (close !== -1) return close + 1
  lastValue.closed = false
  return end
}

/** Whether the name that ends at the current offset is `tag`. A longer name that ends with `tag` does not count. */
function isTag(bytes: Uint8Array): boolean {
  return at - nameStart === 3 && isWord(bytes, nameStart, 'tag')
}

/**
 * RFC 3261 §19.3: stores the range of the tag's value in `lastValue`. The current offset stays before the value, because the
 * check must read the value too.
 */
function takeTag(bytes: Uint8Array, end: number): void {
  const equals = skipLws(bytes, at, end)
  if (equals >= end || bytes[equals] !== EQUALS) return
  const start = skipLws(bytes, equals + 1, end)
  let after = start
  while (after < end && !isLws(bytes[after]) && bytes[after] !== SEMICOLON) after++
  if (after === start) return
  lastValue.tagStart = start
  lastValue.tagEnd = after
}

/** Like `parameterFault`, for a URI without a header around it, such as a Request-URI. */
export function uriParameterFault(bytes: Uint8Array, start: number, end: number): ParameterFault | undefined {
  at = start
  count = 0
  return takeUri(bytes, end)
}

/**
 * Reads a URI in angle brackets. The names that were found before the URI belong to the header around it, and are kept for
 * later.
 */
function takeUri(bytes: Uint8Array, end: number): ParameterFault | undefined {
  const before = count
  let fault: ParameterFault | undefined
  at = nextParameter(bytes, parametersStart(bytes, at, end), end)
  while (at < end && fault === undefined) {
    fault = takeName(bytes, end, before)
    at = nextParameter(bytes, at, end)
  }
  at = end
  count = before
  return fault
}

/** The offset of the next semicolon. RFC 3261 §19.1.1: after a question mark, the URI has headers and no more parameters. */
function nextParameter(bytes: Uint8Array, from: number, end: number): number {
  let place = from
  while (place < end && bytes[place] !== SEMICOLON && bytes[place] !== QUESTION) place++
  return place < end && bytes[place] === SEMICOLON ? place : end
}

/** Reads the semicolon and the name after it. Compares this name with the stored names, beginning with number `first`. */
function takeName(bytes: Uint8Array, end: number, first: number): ParameterFault | undefined {
  const start = skipLws(bytes, at + 1, end)
  nameStart = start
  const hash = readName(bytes, start, end)
  if (at === start) return undefined
  if (count === MAX_PARAMETERS) return 'too-many'
  for (let i = first * NAME_WIDTH; i < count * NAME_WIDTH; i += NAME_WIDTH) {
    if (names[i + 2] === hash && isSame(bytes, start, i)) return 'repeated'
  }
  names[count * NAME_WIDTH] = start
  names[count * NAME_WIDTH + 1] = at
  names[count * NAME_WIDTH + 2] = hash
  count++
  return undefined
}

/**
 * The offset at which the parameters of a URI may begin. RFC 3261 §25.1: a semicolon before the `@` belongs to the user part.
 */
function parametersStart(bytes: Uint8Array, start: number, end: number): number {
  for (let place = start; place < end; place++) if (bytes[place] === AT) return place + 1
  return start
}

/** Moves the current offset to the end of the name at `start`, and returns the hash of the name. */
function readName(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  let kinds = 0
  let place = start
  for (; place < end; place++) {
    const kind = NAME_BYTES[bytes[place] ?? 0] ?? 0
    if (kind === 0) break
    kinds |= kind
    hash = (Math.imul(hash, 31) + kind) | 0
  }
  at = place
  return (kinds & HARD) === 0 ? hash : hashOf(bytes, start, place)
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let place = start; place < end; place += widthAt(bytes, place, end)) {
    hash = (Math.imul(hash, 31) + characterAt(bytes, place, end)) | 0
  }
  return hash
}

/** Whether two names are equal: the name from `start` to the current offset, and the stored name at index `noted`. */
function isSame(bytes: Uint8Array, start: number, noted: number): boolean {
  const otherEnd = names[noted + 1] ?? 0
  let other = names[noted] ?? 0
  let place = start
  while (place < at && other < otherEnd) {
    if (characterAt(bytes, place, at) !== characterAt(bytes, other, otherEnd)) return false
    place += widthAt(bytes, place, at)
    other += widthAt(bytes, other, otherEnd)
  }
  return place === at && other === otherEnd
}

/** The character at `place`, in lower case. If the character is written as an escape, it is decoded. */
function characterAt(bytes: Uint8Array, place: number, end: number): number {
  const escaped = escapeAt(bytes, place, end)
  const byte = escaped === -1 ? (bytes[place] ?? 0) : escaped
  return lowerCase(byte)
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

function widthAt(bytes: Uint8Array, place: number, end: number): number {
  return escapeAt(bytes, place, end) === -1 ? 1 : 3
}

/** The byte that the escape at `place` stands for. If there is no escape, -1. */
function escapeAt(bytes: Uint8Array, place: number, end: number): number {
  if (bytes[place] !== PERCENT || place + 2 >= end) return -1
  const high = hexDigit(bytes[place + 1])
  const low = hexDigit(bytes[place + 2])
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
