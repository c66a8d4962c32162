/**
 * RFC 3261 §7.3.1 and §19.1.1: no parameter stands twice in a header value or in a URI. Of one that does, some elements
 * take the first and some the last: what this one decides by would not be what the next one, or the one before, has read.
 * Works on the bytes, so that a value that fits no grammar is looked at all the same.
 */
import { MAX_PARAMETERS } from '../limits.ts'
import {
  COMMA,
  EQUALS,
  GREATER_THAN,
  isLws,
  LESS_THAN,
  QUOTE,
  SEMICOLON,
  skipAngles,
  skipLws,
  skipQuoted,
} from './byte-class.ts'

/** `too-many`: more than `MAX_PARAMETERS`, so that nobody has looked. */
export type ParameterFault = 'repeated' | 'too-many'

interface HeaderPart {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

const QUESTION = 0x3f
const AT = 0x40
const PERCENT = 0x25
const ENDS_NAME = Uint8Array.from({ length: 256 }, (_, byte) => {
  return isLws(byte) || [SEMICOLON, COMMA, EQUALS, QUOTE, LESS_THAN, GREATER_THAN, QUESTION].includes(byte) ? 1 : 0
})

/** The names that were met: start, end and hash of each. Only one value is at work at a time. */
const NAME_WIDTH = 3
const names = new Int32Array(MAX_PARAMETERS * NAME_WIDTH)

/** Where a scan stands, and how many names it has noted. */
interface Scan extends HeaderPart {
  at: number
  count: number
}

/**
 * What is wrong with the parameters of a header's values, and with those of the URIs in angle brackets inside them.
 * `list`: a comma begins a new value. Names compare without case, escapes undone (RFC 3261 §19.1.4), whatever white space
 * stands around them; what stands in quotes is no parameter.
 */
export function parameterFault(value: HeaderPart, list: boolean): ParameterFault | undefined {
  const scan: Scan = { ...value, at: value.start, count: 0 }
  const { bytes, end } = scan
  let fault: ParameterFault | undefined
  while (scan.at < end && fault === undefined) {
    const byte = bytes[scan.at]
    if (byte === SEMICOLON) {
      fault = takeName(scan, 0)
    } else if (byte === QUOTE) {
      scan.at = skipQuoted(bytes, scan.at, end)
    } else if (byte === LESS_THAN) {
      const close = skipAngles(bytes, scan.at, end)
      fault = uriFault({ bytes, start: scan.at + 1, end: close }, scan.count)
      scan.at = close
    } else {
      if (list && byte === COMMA) scan.count = 0
      scan.at++
    }
  }
  return fault
}

/** The same for a URI that stands alone, such as a Request-URI. */
export function uriParameterFault(uri: HeaderPart): ParameterFault | undefined {
  return uriFault(uri, 0)
}

/** Leaves the names before `first`, which are those of the header around it, as they are. */
function uriFault({ bytes, start, end }: HeaderPart, first: number): ParameterFault | undefined {
  const scan: Scan = { bytes, start, end, at: parametersStart(bytes, start, end), count: first }
  // RFC 3261 §19.1.1: behind a question mark there are headers.
  while (scan.at < end && bytes[scan.at] !== QUESTION) {
    const fault = bytes[scan.at] === SEMICOLON ? takeName(scan, first) : undefined
    if (fault !== undefined) return fault
    if (bytes[scan.at] !== SEMICOLON && bytes[scan.at] !== QUESTION) scan.at++
  }
  return undefined
}

/** Steps over the semicolon and the name behind it, and compares that with the names from `first` on. */
function takeName(scan: Scan, first: number): ParameterFault | undefined {
  const { bytes, end } = scan
  const start = skipLws(bytes, scan.at + 1, end)
  scan.at = nameEnd(bytes, start, end)
  if (scan.at === start) return undefined
  const fault = faultOfName({ bytes, start, end: scan.at }, first, scan.count)
  scan.count++
  return fault
}

/** A semicolon before the `@` belongs to the user part (RFC 3261 §25.1). */
function parametersStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === AT) return at + 1
  return start
}

function nameEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && ENDS_NAME[bytes[at] ?? 0] !== 1) at++
  return at
}

/** Compares a name with those from `first` to `count`, and notes it behind them. */
function faultOfName(name: HeaderPart, first: number, count: number): ParameterFault | undefined {
  if (count === MAX_PARAMETERS) return 'too-many'
  const hash = hashOf(name)
  for (let i = first * NAME_WIDTH; i < count * NAME_WIDTH; i += NAME_WIDTH) {
    if (names[i + 2] === hash && isSame(name, names[i] ?? 0, names[i + 1] ?? 0)) return 'repeated'
  }
  names[count * NAME_WIDTH] = name.start
  names[count * NAME_WIDTH + 1] = name.end
  names[count * NAME_WIDTH + 2] = hash
  return undefined
}

function hashOf({ bytes, start, end }: HeaderPart): number {
  let hash = 0
  for (let at = start; at < end; at += widthAt(bytes, at, end)) {
    hash = (Math.imul(hash, 31) + characterAt(bytes, at, end)) | 0
  }
  return hash
}

function isSame({ bytes, start, end }: HeaderPart, otherStart: number, otherEnd: number): boolean {
  let at = start
  let other = otherStart
  while (at < end && other < otherEnd) {
    if (characterAt(bytes, at, end) !== characterAt(bytes, other, otherEnd)) return false
    at += widthAt(bytes, at, end)
    other += widthAt(bytes, other, otherEnd)
  }
  return at === end && other === otherEnd
}

/** In lower case, an escape as what it stands for. */
function characterAt(bytes: Uint8Array, at: number, end: number): number {
  const escaped = escapeAt(bytes, at, end)
  const byte = escaped === -1 ? (bytes[at] ?? 0) : escaped
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

function widthAt(bytes: Uint8Array, at: number, end: number): number {
  return escapeAt(bytes, at, end) === -1 ? 1 : 3
}

/** The byte that an escape at this place stands for; -1 where there is none. */
function escapeAt(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== PERCENT || at + 2 >= end) return -1
  const high = hexDigit(bytes[at + 1])
  const low = hexDigit(bytes[at + 2])
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
