/**
 * Reads the parts of a message that routing needs, and checks them once (RFC 3261 §16.3 step 1, §8.1.1). Works on the bytes.
 */
import { isClosed, isDigit, isLws, readDecimal, skipLws } from './byte-class.ts'
import { HEADER } from './header-name.ts'
import { readTag } from './header-tag.ts'
import { bytesAre, methodOf } from './method-name.ts'
import { type ParameterFault, parameterFault, uriParameterFault } from './repeated-parameter.ts'
import type { SipMessage } from './sip-message.ts'
import { parseUri, type SipUri } from './uri.ts'
import { parseVia, topViaEnd, type Via } from './via.ts'

export interface RequestFacts {
  readonly via: Via
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  readonly cseq: number
  readonly maxForwards: number | undefined
  readonly uri: SipUri
}

export interface RequestFault {
  readonly fault: true
  readonly code: string
  readonly status: 400 | 416 | 505
  /** A description of the fault, which can be used as a reason phrase. */
  readonly reason: string
  /** Whether Via, From, To, Call-ID and CSeq are all present. If they are, a response can be built. */
  readonly answerable: boolean
}

/** For each header that a message may have only once, its row. If the header is absent, -1. */
interface SingleRows {
  from: number
  to: number
  callId: number
  cseq: number
  maxForwards: number
  contentLength: number
  maxBreadth: number
  contentType: number
  repeated: boolean
}

interface CSeq {
  readonly number: number
  readonly methodStart: number
  readonly end: number
}

/** RFC 3261 §8.1.1.5: the sequence number is less than 2**31. */
const MOST_CSEQ = 2 ** 31 - 1
/** RFC 3261 §20.22: Max-Forwards is 255 or less. */
const MOST_MAX_FORWARDS = 255
/** RFC 3261 §8.1.1.7: if a sender follows RFC 3261, its branch begins with this text, and more characters follow. */
export const MAGIC_COOKIE = 'z9hG4bK'

/** Checks a parsed request. The result has copies of the values, so it stays valid when the message object is used again. */
export function readRequestFacts(message: SipMessage): RequestFacts | RequestFault {
  const rows = singleRows(message)
  const { from, to, callId, cseq } = rows
  const answerable = from !== -1 && to !== -1 && callId !== -1 && cseq !== -1 && message.first(HEADER.via) !== -1
  const refuse = (code: string, reason: string): RequestFault => ({
    fault: true,
    code,
    status: 400,
    reason,
    answerable,
  })
  if (!answerable) return refuse('missing-header', 'Missing Mandatory Header')
  // RFC 3261 §7.3.1: if a header is not a list, a message may have it only once.
  if (rows.repeated) return refuse('repeated-header', 'Repeated Header')
  const via = topVia(message)
  if (via === undefined) return refuse('bad-via', 'Bad Via')
  const parameters = faultyParameters(message)
  if (parameters) return refuse(parameters.code, parameters.reason)
  const sequence = readCSeq(message, cseq)
  if (sequence === undefined) return refuse('bad-cseq', 'Bad CSeq')
  // RFC 3261 §8.1.1.5: the method in CSeq must be the method of the request.
  const named = { start: sequence.methodStart, end: sequence.end, text: message.method }
  if (!bytesAre(message.bytes, named)) return refuse('cseq-method', 'CSeq Method Differs')
  const maxForwards = readMaxForwards(message, rows.maxForwards)
  if (maxForwards === -1) return refuse('bad-max-forwards', 'Bad Max-Forwards')
  if (!isAddressClosed(message, from)) return refuse('bad-from', 'Bad From')
  if (!isAddressClosed(message, to)) return refuse('bad-to', 'Bad To')
  // RFC 3261 §8.1.1.3 requires a tag in From, and some gateways send no tag. Their calls are accepted, as calls of RFC 2543
  // peers are (§12.1.1).
  const fromTag = readTag(message, from)
  const id = message.bytes.toString('latin1', message.valueStart(callId), message.valueEnd(callId))
  if (id === '') return refuse('bad-call-id', 'Bad Call-ID')
  const uri = requestUri(message)
  if ('fault' in uri) return uri
  return { via, callId: id, fromTag, toTag: readTag(message, to), cseq: sequence.number, maxForwards, uri }
}

/**
 * The parts that match a response to its transaction (RFC 3261 §17.1.3). Undefined if the response has no usable Via or CSeq.
 * Also undefined if it repeats a part by which its transaction or dialog is found (§7.3.1). Then the response belongs to no
 * transaction.
 */
export function readResponseFacts(message: SipMessage): { via: Via; cseqMethod: string } | undefined {
  const deciding = message.status < 300 ? DECIDING : DECIDING_IN_REFUSALS
  if (singleRows(message).repeated || faultyParameters(message, deciding)) return undefined
  const via = topVia(message)
  const row = message.first(HEADER.cseq)
  const sequence = row === -1 ? undefined : readCSeq(message, row)
  if (via === undefined || sequence === undefined) return undefined
  return { via, cseqMethod: methodOf(message.bytes, sequence.methodStart, sequence.end) }
}

/** The names, by id, of the headers whose parameters decide who the sender is, which call is meant or what the next hop is. */
const DECIDING: readonly (string | undefined)[] = namesById([
  [HEADER.via, 'Via'],
  [HEADER.from, 'From'],
  [HEADER.to, 'To'],
  [HEADER.contact, 'Contact'],
  [HEADER.route, 'Route'],
  [HEADER.recordRoute, 'Record-Route'],
])

/** The same names for a refusal. Contact and Record-Route are left out, because a refusal makes no dialog. */
const DECIDING_IN_REFUSALS: readonly (string | undefined)[] = namesById([
  [HEADER.via, 'Via'],
  [HEADER.from, 'From'],
  [HEADER.to, 'To'],
])

function namesById(entries: readonly (readonly [number, string])[]): (string | undefined)[] {
  const names: (string | undefined)[] = []
  for (const [id, name] of entries) names[id] = name
  return Array.from(names)
}

/** RFC 3261 §7.3.1, §19.1.1: finds a repeated parameter in one of the headers in `deciding`, or in the Request-URI. */
function faultyParameters(
  message: SipMessage,
  deciding: readonly (string | undefined)[] = DECIDING,
): { readonly code: string; readonly reason: string } | undefined {
  const { bytes } = message
  for (let row = 0; row < message.headerCount; row++) {
    const id = message.id(row)
    const name = deciding[id]
    if (name === undefined) continue
    const list = id !== HEADER.from && id !== HEADER.to
    const fault = parameterFault(bytes, message.valueStart(row), message.valueEnd(row), list)
    if (fault) return parameterProblem(fault, name)
  }
  const fault = uriParameterFault(bytes, message.uriStart, message.uriEnd)
  return fault && parameterProblem(fault, 'Request-URI')
}

function parameterProblem(fault: ParameterFault, name: string): { readonly code: string; readonly reason: string } {
  return fault === 'repeated'
    ? { code: 'repeated-parameter', reason: `Repeated Parameter In ${name}` }
    : { code: 'too-many-parameters', reason: `Too Many Parameters In ${name}` }
}

function requestUri(message: SipMessage): SipUri | RequestFault {
  const uri = parseUri(message.requestUri())
  const fault = { fault: true, answerable: true } as const
  if (uri === undefined) return { ...fault, code: 'bad-request-uri', status: 400, reason: 'Bad Request-URI' }
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips' && uri.scheme !== 'tel') {
    // RFC 3261 §16.3 step 2: a Request-URI whose scheme we do not know is answered with 416.
    return { ...fault, code: 'unsupported-scheme', status: 416, reason: 'Unsupported URI Scheme' }
  }
  // RFC 3261 §19.1.1: headers are not allowed in a Request-URI.
  if (uri.headers === '') return uri
  return { ...fault, code: 'headers-in-request-uri', status: 400, reason: 'Headers In Request-URI' }
}

function topVia(message: SipMessage): Via | undefined {
  const row = message.first(HEADER.via)
  if (row === -1) return undefined
  const start = message.valueStart(row)
  let end = topViaEnd(message)
  while (end > start && isLws(message.bytes[end - 1])) end--
  return parseVia(message.bytes.toString('latin1', start, end))
}

/** Whether all quotes and brackets of an address are closed. If one is open, the value can hide its tag or show a wrong one. */
function isAddressClosed(message: SipMessage, row: number): boolean {
  const start = message.valueStart(row)
  const end = message.valueEnd(row)
  return start < end && isClosed(message.bytes, start, end)
}

/** Reads a CSeq value. RFC 3261 §20.16: it is `1*DIGIT LWS Method`, and leading zeros are allowed. */
function readCSeq(message: SipMessage, row: number): CSeq | undefined {
  const { bytes } = message
  const start = message.valueStart(row)
  const end = message.valueEnd(row)
  let digitsEnd = start
  while (digitsEnd < end && isDigit(bytes[digitsEnd])) digitsEnd++
  const number = readDecimal(bytes, start, { end: digitsEnd, most: MOST_CSEQ })
  const methodStart = skipLws(bytes, digitsEnd, end)
  if (number === -1 || methodStart === digitsEnd || methodStart === end) return undefined
  for (let at = methodStart; at < end; at++) if (isLws(bytes[at])) return undefined
  return { number, methodStart, end }
}

/** The value of Max-Forwards. Undefined: the header is absent. -1: the value is not a number from 0 to 255. */
function readMaxForwards(message: SipMessage, row: number): number | undefined {
  if (row === -1) return undefined
  return readDecimal(message.bytes, message.valueStart(row), { end: message.valueEnd(row), most: MOST_MAX_FORWARDS })
}

/**
 * RFC 3261 §8.1.1.7: whether the sender promises that this branch is unique. It does so with a branch that begins with the
 * magic cookie and is longer than the cookie.
 */
export function isCookie(branch: string | undefined): boolean {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)
}

function singleRows(message: SipMessage): SingleRows {
  const rows: SingleRows = {
    from: -1,
    to: -1,
    callId: -1,
    cseq: -1,
    maxForwards: -1,
    contentLength: -1,
    maxBreadth: -1,
    contentType: -1,
    repeated: false,
  }
  for (let row = 0; row < message.headerCount; row++) setSingle(rows, message.id(row), row)
  return rows
}

function setSingle(rows: SingleRows, id: number, row: number): void {
  switch (id) {
    case HEADER.from:
      rows.from = once(rows, rows.from, row)
      break
    case HEADER.to:
      rows.to = once(rows, rows.to, row)
      break
    case HEADER.callId:
      rows.callId = once(rows, rows.callId, row)
      break
    case HEADER.cseq:
      rows.cseq = once(rows, rows.cseq, row)
      break
    case HEADER.maxForwards:
      rows.maxForwards = once(rows, rows.maxForwards, row)
      break
    case HEADER.contentLength:
      rows.contentLength = once(rows, rows.contentLength, row)
      break
    case HEADER.maxBreadth:
      rows.maxBreadth = once(rows, rows.maxBreadth, row)
      break
    case HEADER.contentType:
      rows.contentType = once(rows, rows.contentType, row)
      break
    default:
  }
}

function once(rows: SingleRows, before: number, row: number): number {
  if (before === -1) return row
  rows.repeated = true
  return before
}
