/**
 * Makes an index of one message (RFC 3261 §7). Never throws. If the message has a fault, all its readable parts are indexed
 * nevertheless. A 400 can then be built with the right Via, From, To, Call-ID and CSeq.
 */
import { MAX_HEADERS } from '../limits.ts'
import { COLON, CR, isLws, isWsp, LF, NO_BYTES, readDecimal, SP, skipLws, tokenLower } from './byte-class.ts'
import { HEADER, idOfBytes } from './header-name.ts'
import { methodOf } from './method-name.ts'
import { ROW_WIDTH, SipMessage } from './sip-message.ts'

/** Says why a message cannot be used. `offset` counts from the first of the bytes that were parsed. */
export interface ParseFault {
  readonly code: string
  readonly offset: number
  readonly status: 400 | 413 | 505
  /** A description of the fault, which can be used as a reason phrase. */
  readonly reason: string
  readonly isResponse: boolean
}

type Problem = Pick<ParseFault, 'code' | 'status' | 'reason'>

const INCOMPLETE: Problem = { code: 'missing-empty-line', status: 400, reason: 'Incomplete Message' }
const BAD_REQUEST_LINE: Problem = { code: 'bad-request-line', status: 400, reason: 'Bad Request-Line' }
const BAD_STATUS_LINE: Problem = { code: 'bad-status-line', status: 400, reason: 'Bad Status-Line' }
const OTHER_VERSION: Problem = { code: 'version-not-supported', status: 505, reason: 'Version Not Supported' }
const BARE_LINE_BREAK: Problem = { code: 'bare-line-break', status: 400, reason: 'Line Break Without CRLF' }
const BAD_HEADER: Problem = { code: 'bad-header', status: 400, reason: 'Bad Header' }
const TOO_MANY_HEADERS: Problem = { code: 'too-many-headers', status: 400, reason: 'Too Many Headers' }
const BODY_TOO_SHORT: Problem = { code: 'body-too-short', status: 400, reason: 'Body Shorter Than Content-Length' }
const BAD_CONTENT_LENGTH = {
  invalid: { code: 'content-length-invalid', status: 400, reason: 'Bad Content-Length' },
  conflict: { code: 'content-length-conflict', status: 400, reason: 'Conflicting Content-Length' },
} as const

interface Progress {
  into: SipMessage
  bytes: Buffer
  limit: number
  at: number
  fault: ParseFault | undefined
}

/**
 * One message is parsed completely before the next one, so all messages share this object. Nothing is read from it after the
 * parse.
 */
const progress: Progress = {
  into: new SipMessage(new Int32Array(0)),
  bytes: NO_BYTES,
  limit: 0,
  at: 0,
  fault: undefined,
}

/**
 * The largest Content-Length that is read. No real message is so large, and a double cannot store much larger numbers exactly.
 */
const MOST_CONTENT_LENGTH = 2 ** 31

/**
 * Indexes one message: a datagram, or a message that `StreamFramer` cut out of a stream. Line breaks before the start line are
 * skipped (RFC 3261 §7.5). Content-Length says where the message ends. Bytes after this end are ignored, and `end` is set to
 * this end (§18.3).
 */
export function parseMessage(into: SipMessage, bytes: Buffer, offset: number, length: number): ParseFault | undefined {
  const fault = indexHead(into, bytes, offset, length)
  if (fault?.code === INCOMPLETE.code) return fault
  const contentLength = contentLengthOf(into)
  if (contentLength === 'invalid' || contentLength === 'conflict') {
    note(progress, BAD_CONTENT_LENGTH[contentLength])
  } else if (contentLength !== undefined) {
    // RFC 3261 §18.3: it is an error if the body is shorter than Content-Length. If bytes follow after the body, they are
    // ignored.
    if (contentLength > offset + length - into.bodyStart) note(progress, BODY_TOO_SHORT)
    else setEnd(into, into.bodyStart + contentLength)
  }
  return progress.fault
}

/**
 * Indexes the start line and the headers. All bytes after the headers count as the body. The framer needs no more than this.
 */
export function indexHead(into: SipMessage, bytes: Buffer, offset: number, length: number): ParseFault | undefined {
  const limit = offset + length
  let at = offset
  while (at < limit && (bytes[at] === CR || bytes[at] === LF)) at++
  progress.into = into
  progress.bytes = bytes
  progress.limit = limit
  progress.at = at
  progress.fault = undefined
  reset(progress)
  indexStartLine(progress)
  into.headersStart = progress.at
  while (indexHeader(progress)) {
    // The loop has no body, because the call in its condition indexes one header.
  }
  // Memory that a stream no longer needs must not stay here.
  progress.bytes = NO_BYTES
  return progress.fault
}

/**
 * The value of Content-Length. Undefined: the header is absent. `invalid`: the value is not a number. `conflict`: the header
 * occurs twice with different values (RFC 3261 §20.14).
 */
export function contentLengthOf(message: SipMessage): number | undefined | 'invalid' | 'conflict' {
  let found: number | undefined
  let row = message.first(HEADER.contentLength)
  for (; row !== -1; row = message.next(HEADER.contentLength, row)) {
    const value = readDecimal(message.bytes, message.valueStart(row), message.valueEnd(row), MOST_CONTENT_LENGTH)
    if (value === -1) return 'invalid'
    if (found !== undefined && found !== value) return 'conflict'
    found = value
  }
  return found
}

function reset(progress: Progress): void {
  const { into, bytes, at, limit } = progress
  into.bytes = bytes
  into.start = at
  into.isRequest = true
  into.method = ''
  into.status = 0
  into.uriStart = at
  into.uriEnd = at
  into.reasonStart = at
  into.reasonEnd = at
  into.headersStart = limit
  into.headersEnd = limit
  into.clearHeaders()
  into.bodyStart = limit
  setEnd(into, limit)
}

function setEnd(into: SipMessage, end: number): void {
  into.bodyEnd = end
  into.end = end
}

function note(progress: Progress, problem: Problem | undefined): void {
  if (problem === undefined) return
  progress.fault ??= { ...problem, offset: progress.at, isResponse: !progress.into.isRequest }
}

function indexStartLine(progress: Progress): void {
  const { bytes, limit, into } = progress
  const start = progress.at
  let lf = start
  while (lf < limit && bytes[lf] !== LF) lf++
  const end = lf > start && lf < limit && bytes[lf - 1] === CR ? lf - 1 : lf
  into.isRequest = !isVersionName(bytes, start, end)
  if (lf === limit) {
    progress.at = limit
  } else {
    note(progress, into.isRequest ? indexRequestLine(progress, end) : indexStatusLine(progress, end))
    if (end === lf) note(progress, BARE_LINE_BREAK)
    progress.at = lf + 1
  }
}

/** RFC 3261 §7.1: a request line is Method, Request-URI and SIP-Version, with exactly one SP between two of them. */
function indexRequestLine(progress: Progress, end: number): Problem | undefined {
  const { bytes, into, at: start } = progress
  let at = start
  while (at < end && tokenLower(bytes, at) !== 0) at++
  into.method = methodOf(bytes, start, at)
  if (at === start || at === end || bytes[at] !== SP) return BAD_REQUEST_LINE
  let versionStart = end
  while (versionStart > at && bytes[versionStart - 1] !== SP) versionStart--
  into.uriStart = at + 1
  into.uriEnd = Math.max(versionStart - 1, at + 1)
  const version = versionAt(bytes, versionStart, end)
  // RFC 3261 §21.5.6: the message has another version of SIP, which can be answered with 505.
  if (version === 'other') return OTHER_VERSION
  if (version === 'malformed' || into.uriStart === into.uriEnd) return BAD_REQUEST_LINE
  for (let i = into.uriStart; i < into.uriEnd; i++) if ((bytes[i] ?? 0) <= SP) return BAD_REQUEST_LINE
  return undefined
}

/** RFC 3261 §7.2: a status line is SIP-Version, Status-Code and Reason-Phrase, with one SP between two of them. */
function indexStatusLine(progress: Progress, end: number): Problem | undefined {
  const { bytes, into } = progress
  let at = progress.at
  while (at < end && bytes[at] !== SP) at++
  const version = versionAt(bytes, progress.at, at)
  if (version === 'other') return OTHER_VERSION
  const afterCode = at + 4
  const status = readDecimal(bytes, at + 1, Math.min(afterCode, end), 699)
  // Some senders with an empty reason phrase leave out the SP before it. This is accepted, because no information is lost.
  const closed = afterCode === end || (afterCode < end && bytes[afterCode] === SP)
  if (version === 'malformed' || status < 100 || !closed) return BAD_STATUS_LINE
  into.status = status
  into.reasonStart = Math.min(afterCode + 1, end)
  into.reasonEnd = end
  return undefined
}

/**
 * Whether the line begins with `SIP/`, in upper or lower case (RFC 3261 §7.1). A method cannot begin like this, because a
 * method is a token and a token has no slash.
 */
function isVersionName(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    tokenLower(bytes, start) === 0x73 &&
    tokenLower(bytes, start + 1) === 0x69 &&
    tokenLower(bytes, start + 2) === 0x70 &&
    bytes[start + 3] === 0x2f
  )
}

function versionAt(bytes: Buffer, start: number, end: number): '2.0' | 'other' | 'malformed' {
  if (!isVersionName(bytes, start, end)) return 'malformed'
  const is2 = end - start === 7 && bytes[start + 4] === 0x32 && bytes[start + 5] === 0x2e && bytes[start + 6] === 0x30
  if (is2) return '2.0'
  return /^\d+\.\d+$/.test(bytes.toString('latin1', start + 4, end)) ? 'other' : 'malformed'
}

/**
 * Indexes the header at `progress.at`, with its continuation lines. Returns false at the empty line and at the end of the
 * bytes.
 */
function indexHeader(progress: Progress): boolean {
  const { bytes, limit, into } = progress
  const start = progress.at
  if (atEmptyLine(progress)) return false
  let nameEnd = start
  while (tokenLower(bytes, nameEnd) !== 0 && nameEnd < limit) nameEnd++
  let colon = nameEnd
  while (colon < limit && isWsp(bytes[colon])) colon++
  const named = nameEnd > start && bytes[colon] === COLON
  const end = lineBreak(progress, named ? colon + 1 : start)
  if (end === -1) {
    endWithoutEmptyLine(progress)
    return false
  }
  if (!named) {
    note(progress, BAD_HEADER)
  } else if (into.headerCount >= MAX_HEADERS) {
    note(progress, TOO_MANY_HEADERS)
  } else {
    addRow(progress, nameEnd, colon, end)
  }
  progress.at = bytes[end] === CR ? end + 2 : end + 1
  return true
}

function atEmptyLine(progress: Progress): boolean {
  const { bytes, limit, into, at } = progress
  if (at >= limit) {
    endWithoutEmptyLine(progress)
    return true
  }
  if (bytes[at] !== CR && bytes[at] !== LF) return false
  const isCrlf = bytes[at] === CR && at + 1 < limit && bytes[at + 1] === LF
  if (bytes[at] === CR && !isCrlf) return false
  if (!isCrlf) note(progress, BARE_LINE_BREAK)
  into.headersEnd = at
  into.bodyStart = at + (isCrlf ? 2 : 1)
  return true
}

/**
 * Notes that the message was cut off. This fault replaces any earlier fault, because nobody can tell where the header section
 * ends.
 */
function endWithoutEmptyLine(progress: Progress): void {
  progress.fault = undefined
  note(progress, INCOMPLETE)
}

/**
 * The offset of the line break that ends the header, after all its folds. If the bytes end before that line break, -1. RFC 3261
 * §7.3.1: lines end with CRLF. A CR or LF without the other is a fault, because another parser could split the headers in
 * another way.
 */
function lineBreak(progress: Progress, from: number): number {
  const { bytes, limit } = progress
  let at = from
  for (; at < limit; at++) {
    const byte = bytes[at] ?? 0
    if (byte > CR) continue
    if (byte === CR && at + 1 < limit && bytes[at + 1] === LF) {
      if (at + 2 >= limit || !isWsp(bytes[at + 2])) return at
      at += 2
    } else if (byte === LF) {
      note(progress, BARE_LINE_BREAK)
      if (at + 1 >= limit || !isWsp(bytes[at + 1])) return at
    } else if (byte === CR) {
      note(progress, BARE_LINE_BREAK)
    }
  }
  return -1
}

function addRow(progress: Progress, nameEnd: number, colon: number, end: number): void {
  const { into, bytes, at } = progress
  const valueStart = skipLws(bytes, colon + 1, end)
  let valueEnd = end
  while (valueEnd > valueStart && isLws(bytes[valueEnd - 1])) valueEnd--
  const { rows } = into
  const i = into.headerCount * ROW_WIDTH
  const id = idOfBytes(bytes, at, nameEnd)
  into.noteId(id)
  rows[i] = id
  rows[i + 1] = at
  rows[i + 2] = nameEnd
  rows[i + 3] = valueStart
  rows[i + 4] = valueEnd
  rows[i + 5] = bytes[end] === CR ? end + 2 : end + 1
  into.headerCount++
}
