/**
 * Reads from the bytes of a request what a process must know when more comes than it can do: the class of the request, the
 * identity of its transaction, and where its answer goes. Makes no string and no object. In most packets, reads only up to the
 * To header.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import {
  COLON,
  COMMA,
  CR,
  EQUALS,
  isLws,
  isWsp,
  LF,
  QUOTE,
  SEMICOLON,
  SP,
  tokenLower,
} from '../../message/byte-class.ts'
import { HEADER, idOfBytes } from '../../message/header-name.ts'
import { bytesAre } from '../../message/method-name.ts'
import { MAGIC_COOKIE } from '../../message/request-facts.ts'

/**
 * `begun`: a response, or a request of an existing call. It goes before new calls, because an accepted call must end well. A
 * packet that this simple scan cannot read is `begun` too, and is handled in the usual way. `new-invite`: an INVITE that would
 * begin a call. `cancel`: it must not overtake its INVITE. `ack`: it may acknowledge an answer of ours. `outside`: any other
 * request outside a dialog.
 */
export type PacketClass = 'begun' | 'new-invite' | 'cancel' | 'ack' | 'outside'

/** A part of the bytes. It is absent if `from` is 0. */
export interface Range {
  from: number
  to: number
}

/** One scan is used for packet after packet. All offsets count from the start of `bytes`. */
export interface PacketScan {
  bytes: Buffer
  limit: number
  readonly method: Range
  headersStart: number
  /** The first value of the top Via, and its parts. `rport` begins with the semicolon. */
  readonly via: Range
  readonly sentBy: Range
  readonly branch: Range
  readonly rport: Range
  readonly toTag: Range
}

const newRange = (): Range => ({ from: 0, to: 0 })

export function createPacketScan(): PacketScan {
  return {
    bytes: Buffer.alloc(0),
    limit: 0,
    headersStart: 0,
    ...{ method: newRange(), via: newRange(), sentBy: newRange(), branch: newRange(), rport: newRange() },
    toTag: newRange(),
  }
}

/**
 * The methods, beside INVITE, that may be used outside a dialog. A request with another method counts as a request inside a
 * dialog, even without a To tag: its Route may name the dialog.
 */
const OUTSIDE: readonly string[] = ['OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH']

const LOWER_V = 0x76
const LOWER_T = 0x74
/** `SIP/2.0/`, the beginning of a Via in its usual form. */
const PROTOCOL = Buffer.from('SIP/2.0/', 'latin1')
const COOKIE = Buffer.from(MAGIC_COOKIE, 'latin1')

export function scanPacket(scan: PacketScan, bytes: Buffer, offset: number, length: number): PacketClass {
  scan.bytes = bytes
  scan.limit = offset + length
  const byMethod = scanStartLine(scan, offset)
  if (byMethod === 'begun') return byMethod
  for (const range of [scan.via, scan.sentBy, scan.branch, scan.rport, scan.toTag]) range.from = 0
  if (!scanHeaders(scan) || !scanVia(scan)) return 'begun'
  return byMethod !== 'ack' && byMethod !== 'cancel' && scan.toTag.from !== 0 ? 'begun' : byMethod
}

/**
 * The class that the method alone gives. If a line break comes before the start line, the class is `begun`, so that the packet
 * is handled in the usual way.
 */
function scanStartLine(scan: PacketScan, offset: number): PacketClass {
  const { bytes, limit, method } = scan
  let at = offset
  while (at < limit && tokenLower(bytes, at) !== 0) at++
  method.from = offset
  method.to = at
  if (bytes[at] !== SP) return 'begun'
  while (at < limit && bytes[at] !== LF) at++
  scan.headersStart = at + 1
  if (isMethod(scan, 'INVITE')) return 'new-invite'
  if (isMethod(scan, 'ACK')) return 'ack'
  if (isMethod(scan, 'CANCEL')) return 'cancel'
  for (const name of OUTSIDE) if (isMethod(scan, name)) return 'outside'
  return 'begun'
}

function isMethod({ bytes, method }: PacketScan, text: string): boolean {
  return method.to - method.from === text.length && bytesAre(bytes, method.from, text)
}

/** Finds the top Via and To. Returns false if one of them is not there. */
function scanHeaders(scan: PacketScan): boolean {
  const { bytes, limit, via } = scan
  let isToFound = false
  let at = scan.headersStart
  while (at < limit && bytes[at] !== CR && bytes[at] !== LF) {
    const id = headerAt(scan, at)
    const end = headerEnd(bytes, at, limit)
    if (id === HEADER.via && via.from === 0) setValue(scan, via, at, end)
    else if (id === HEADER.to && !isToFound) {
      isToFound = true
      scanTag(scan, at, end)
    }
    if (isToFound && via.from !== 0) return true
    at = end
  }
  return false
}

/**
 * The id of the header line at offset `at`. Only a name that begins with c, f, i, t or v can be one of the headers that a
 * response copies. For any other name, `HEADER.other`.
 */
export function headerAt({ bytes, limit }: PacketScan, at: number): number {
  const first = (bytes[at] ?? 0) | 0x20
  const isCopied = first === LOWER_V || first === LOWER_T || first === 0x66 || first === 0x63 || first === 0x69
  if (!isCopied) return HEADER.other
  let end = at
  while (end < limit && tokenLower(bytes, end) !== 0) end++
  return idOfBytes(bytes, at, end)
}

/** The offset after the line break that ends the header. Continuation lines belong to the header (RFC 3261 §7.3.1). */
export function headerEnd(bytes: Buffer, from: number, limit: number): number {
  let at = from
  while (at < limit && (bytes[at] !== LF || isWsp(bytes[at + 1]))) at++
  return Math.min(at + 1, limit)
}

/** The value of the header line, without white space around it. */
function setValue({ bytes }: PacketScan, range: Range, at: number, end: number): void {
  let from = at
  while (from < end && bytes[from] !== COLON) from++
  from++
  let to = end
  while (from < to && isLws(bytes[from])) from++
  while (to > from && isLws(bytes[to - 1])) to--
  range.from = from
  range.to = to
}

/** Finds `tag` among the parameters of the header, after the address. A tag without a value does not count. */
function scanTag(scan: PacketScan, at: number, end: number): void {
  const { bytes, toTag } = scan
  let from = afterAddress(bytes, at, end)
  while (from < end && bytes[from] === SEMICOLON) {
    const name = skipSpace(bytes, from + 1, end)
    const nameEnd = tokenEnd(bytes, name, end)
    const equals = skipSpace(bytes, nameEnd, end)
    const value = bytes[equals] === EQUALS ? skipSpace(bytes, equals + 1, end) : equals
    const to = valueEnd(bytes, value, end)
    if (to > value && isName(bytes, name, nameEnd, 'tag')) {
      toTag.from = value
      toTag.to = to
      return
    }
    from = skipSpace(bytes, Math.max(to, from + 1), end)
  }
}

/** The offset of the first semicolon outside quotes and angle brackets. If there is none, `end`. */
function afterAddress(bytes: Buffer, from: number, end: number): number {
  let close = 0
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (close !== 0) {
      if (byte === 0x5c && close === QUOTE) at++
      else if (byte === close) close = 0
    } else if (byte === QUOTE) close = QUOTE
    else if (byte === 0x3c) close = 0x3e
    else if (byte === SEMICOLON) return at
  }
  return end
}

/**
 * Reads the top Via in its usual form. Returns false for any other form, for a branch without the magic cookie (RFC 2543), and
 * for a Via in which the sender wrote `received`. Such a packet is handled in the usual way.
 */
function scanVia(scan: PacketScan): boolean {
  const { bytes, via, sentBy, branch } = scan
  for (let i = 0; i < PROTOCOL.length; i++) if (bytes[via.from + i] !== PROTOCOL[i]) return false
  let at = via.from + PROTOCOL.length
  while (at < via.to && tokenLower(bytes, at) !== 0) at++
  sentBy.from = skipSpace(bytes, at, via.to)
  if (sentBy.from === at) return false
  at = sentBy.from
  while (at < via.to && bytes[at] !== SEMICOLON && bytes[at] !== COMMA && !isLws(bytes[at])) at++
  sentBy.to = at
  if (!scanViaParameters(scan, skipSpace(bytes, at, via.to))) return false
  if (branch.from === 0 || branch.to - branch.from <= COOKIE.length) return false
  for (let i = 0; i < COOKIE.length; i++) if (bytes[branch.from + i] !== COOKIE[i]) return false
  return true
}

/**
 * Reads the parameters, and sets the end of the first value. Returns false if a parameter has an unusual form, if `received` is
 * present, or if `branch` or `rport` occurs twice.
 */
function scanViaParameters(scan: PacketScan, from: number): boolean {
  const { bytes, via, branch, rport } = scan
  let at = from
  while (at < via.to && bytes[at] === SEMICOLON) {
    const name = skipSpace(bytes, at + 1, via.to)
    const nameEnd = tokenEnd(bytes, name, via.to)
    const equals = skipSpace(bytes, nameEnd, via.to)
    const value = bytes[equals] === EQUALS ? skipSpace(bytes, equals + 1, via.to) : equals
    const end = bytes[equals] === EQUALS ? valueEnd(bytes, value, via.to) : nameEnd
    if (nameEnd === name || bytes[value] === QUOTE || isName(bytes, name, nameEnd, 'received')) return false
    if (isName(bytes, name, nameEnd, 'branch') && !setOnce(branch, value, end)) return false
    if (isName(bytes, name, nameEnd, 'rport') && !setOnce(rport, at, end)) return false
    at = skipSpace(bytes, end, via.to)
  }
  if (at < via.to && bytes[at] !== COMMA) return false
  via.to = at
  while (isLws(bytes[via.to - 1])) via.to--
  return true
}

function setOnce(range: Range, from: number, to: number): boolean {
  if (range.from !== 0) return false
  range.from = from
  range.to = to
  return true
}

function skipSpace(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && isLws(bytes[at])) at++
  return at
}

function tokenEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && tokenLower(bytes, at) !== 0) at++
  return at
}

function valueEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && !isLws(bytes[at]) && bytes[at] !== SEMICOLON && bytes[at] !== COMMA) at++
  return at
}

function isName(bytes: Buffer, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (tokenLower(bytes, from + i) !== name.charCodeAt(i)) return false
  return true
}

/** Two halves of a hash, of 32 bits each. */
export interface PacketHash {
  high: number
  low: number
}

/**
 * Makes a hash of the identity of an INVITE: its branch and sent-by (RFC 3261 §17.2.3), and also its source. The ACK and the
 * CANCEL of the INVITE have the same hash. `into` contains the seeds at first, and the hash at the end. If the seeds are
 * secret, nobody outside can predict the hash.
 */
export function hashIdentity(scan: PacketScan, source: IpAddress, into: PacketHash): void {
  const { bytes, branch, sentBy } = scan
  let { high, low } = into
  for (let at = branch.from; at < branch.to; at++) {
    high = Math.imul(high ^ (bytes[at] ?? 0), 0x01000193)
    low = Math.imul(low ^ (bytes[at] ?? 0), 0x85ebca6b) ^ (low >>> 15)
  }
  for (let at = sentBy.from; at < sentBy.to; at++) {
    const byte = tokenLower(bytes, at) || (bytes[at] ?? 0)
    high = Math.imul(high ^ byte ^ 0x100, 0x01000193)
    low = Math.imul(low ^ byte ^ 0x100, 0x85ebca6b) ^ (low >>> 15)
  }
  for (const word of source.words) {
    high = Math.imul(high ^ word, 0x9e3779b1) ^ (high >>> 13)
    low = Math.imul(low ^ word, 0xc2b2ae35) ^ (low >>> 16)
  }
  into.high = high >>> 0
  into.low = low >>> 0
}
