/**
 * Makes an index of one message (RFC 3261 §7). Never throws. A fault does not stop the indexing: all readable parts are indexed,
 * so that a 400 can still be built with the right Via, From, To, Call-ID and CSeq.
 */
import { MAX_HEADERS } from '../limits.ts'
import { COLON, CR, isLws, isWsp, LF, readDecimal, SP, skipLws, tokenLower } from './byte-class.ts'
import { HEADER, idOfBytes } from './header-name.ts'
import { methodOf } from './method-name.ts'
import { ROW_WIDTH, type SipMessage } from './sip-message.ts'

/** Why a message cannot be used. `offset` counts from the start of the bytes that were parsed. */
export interface ParseFault {
  readonly code: string
  readonly offset: number
  readonly status: 400 | 413 | 505
  /** Description of the fault, to be used as a reason phrase. */
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
  readonly into: SipMessage
  readonly bytes: Buffer
  readonly limit: number
  at: number
  fault: ParseFault | undefined
}

/** The largest Content-Length that is read. No message is so large, and much larger numbers cannot be stored exactly. */
const MOST_CONTENT_LENGTH = 2 ** 31

/**
 * Indexes one message: a datagram, or a message that `StreamFramer` cut out of a stream. Line breaks before the start line are
 * skipped (RFC 3261 §7.5). Bytes after the end that Content-Length gives are not part of the message (§18.3): `end` is before
 * these bytes.
 */
export function parseMessage(into: SipMessage, bytes: Buffer, offset: number, length: number): ParseFault | undefined {
  const progress = indexHead(into, bytes, offset, length)
  const { limit } = progress
  if (progress.fault?.code === INCOMPLETE.code) return progress.fault
  const contentLength = contentLengthOf(into)
  if (contentLength === 'invalid' || contentLength === 'conflict') {
    note(progress, BAD_CONTENT_LENGTH[contentLength])
  } else if (contentLength !== undefined) {
    // RFC 3261 §18.3: a body that is shorter than Content-Length is an error. Bytes after the body are discarded.
    if (contentLength > limit - into.bodyStart) note(progress, BODY_TOO_SHORT)
    else setEnd(into, into.bodyStart + contentLength)
  }
  return progress.fault
}

/** Indexes the start line and the headers. All bytes after them are the body. The framer needs only this. */
export function indexHead(into: SipMessage, bytes: Buffer, offset: number, length: number): Progress {
  const limit = offset + length
  let at = offset
  while (at < limit && (bytes[at] === CR || bytes[at] === LF)) at++
  const progress: Progress = { into, bytes, limit, at, fault: undefined }
  reset(progress)
  indexStartLine(progress)
  into.headersStart = progress.at
  while (indexHeader(progress)) {
    // Each call in the condition indexes one header.
  }
  return progress
}

/**
 * The value of Content-Length. Undefined if the header is absent. `invalid`: it is not a number. `conflict`: the header occurs
 * twice with different values (RFC 3261 §20.14).
 */
export function contentLengthOf(message: SipMessage): number | undefined | 'invalid' | 'conflict' {
  let found: number | undefined
  let row = message.first(HEADER.contentLength)
  for (; row !== -1; row = message.next(HEADER.contentLength, row)) {
    const range = { end: message.valueEnd(row), most: MOST_CONTENT_LENGTH }
    const value = readDecimal(message.bytes, message.valueStart(row), range)
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
  into.headerCount = 0
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

/** RFC 3261 §7.1: Method SP Request-URI SP SIP-Version, with exactly one SP each. */
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
  // RFC 3261 §21.5.6: the message has another version of the protocol.
  if (version === 'other') return OTHER_VERSION
  if (version === 'malformed' || into.uriStart === into.uriEnd) return BAD_REQUEST_LINE
  for (let i = into.uriStart; i < into.uriEnd; i++) if ((bytes[i] ?? 0) <= SP) return BAD_REQUEST_LINE
  return undefined
}

/** RFC 3261 §7.2: SIP-Version SP Status-Code SP Reason-Phrase. */
function indexStatusLine(progress: Progress, end: number): Problem | undefined {
  const { bytes, into } = progress
  let at = progress.at
  while (at < end && bytes[at] !== SP) at++
  const version = versionAt(bytes, progress.at, at)
  if (version === 'other') return OTHER_VERSION
  const afterCode = at + 4
  const status = readDecimal(bytes, at + 1, { end: Math.min(afterCode, end), most: 699 })
  // Some senders leave out the SP before an empty reason phrase. This is accepted, because no information is lost.
  const closed = afterCode === end || (afterCode < end && bytes[afterCode] === SP)
  if (version === 'malformed' || status < 100 || !closed) return BAD_STATUS_LINE
  into.status = status
  into.reasonStart = Math.min(afterCode + 1, end)
  into.reasonEnd = end
  return undefined
}

/**
 * RFC 3261 §7.1: the version is case-insensitive. A method is a token and cannot contain a slash, so it cannot begin with `SIP/`.
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

/** Indexes the header at `progress.at` with its continuation lines. False at the empty line or the end of the bytes. */
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
    addRow(progress, { nameEnd, colon, end })
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

/** The message was truncated. This fault replaces any earlier fault, because the header section has no end. */
function endWithoutEmptyLine(progress: Progress): void {
  progress.fault = undefined
  note(progress, INCOMPLETE)
}

/**
 * The offset of the line break that ends the header, after all folds; -1 if the bytes end before it. RFC 3261 §7.3.1: lines end
 * with CRLF. A CR or LF alone is a fault: two parsers could read different headers.
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

function addRow(progress: Progress, part: { nameEnd: number; colon: number; end: number }): void {
  const { into, bytes, at } = progress
  const { nameEnd, colon, end } = part
  const valueStart = skipLws(bytes, colon + 1, end)
  let valueEnd = end
  while (valueEnd > valueStart && isLws(bytes[valueEnd - 1])) valueEnd--
  const { rows } = into
  const i = into.headerCount * ROW_WIDTH
  rows[i] = idOfBytes(bytes, at, nameEnd)
  rows[i + 1] = at
  rows[i + 2] = nameEnd
  rows[i + 3] = valueStart
  rows[i + 4] = valueEnd
  rows[i + 5] = bytes[end] === CR ? end + 2 : end + 1
  into.headerCount++
}
