/**
 * Reads the parts of a message that routing needs, and checks them once (RFC 3261 §16.3 step 1, §8.1.1). Works on the bytes: a
 * part is an offset range, and its text is made only when it is read.
 */
import { isDigit, isLws, latin1, NO_BYTES, readDecimal, skipLws } from './byte-class.ts'
import { HEADER } from './header-name.ts'
import { bytesAre, methodIdAt, methodOf, OTHER_METHOD } from './method-name.ts'
import { lastValue, type ParameterFault, parameterFault, uriParameterFault } from './repeated-parameter.ts'
import { idMask, type SipMessage } from './sip-message.ts'
import { UriRange } from './uri-range.ts'
import { readTopVia, Via } from './via.ts'

export interface RequestFault {
  readonly fault: true
  readonly code: string
  readonly status: 400 | 416 | 505
  /** A description of the fault, which can be used as a reason phrase. */
  readonly reason: string
  /** Whether Via, From, To, Call-ID and CSeq are all present. If they are, a response can be built. */
  readonly answerable: boolean
}

/** RFC 3261 §8.1.1.5: the sequence number is less than 2**31. */
const MOST_CSEQ = 2 ** 31 - 1
/** RFC 3261 §20.22: Max-Forwards is 255 or less. */
const MOST_MAX_FORWARDS = 255
/** RFC 3261 §8.1.1.7: if a sender follows RFC 3261, its branch begins with this text, and more characters follow. */
export const MAGIC_COOKIE = 'z9hG4bK'

/**
 * The facts of one request. They are offsets into the bytes of `message`, so they are valid only as long as that message.
 * `keep` makes the same facts for a copy of the message. One instance may be used for request after request. All offsets of an
 * absent part are -1.
 */
export class RequestFacts {
  message: SipMessage | undefined
  private bytes: Buffer = NO_BYTES
  readonly via = new Via()
  callIdStart = -1
  callIdEnd = -1
  fromTagStart = -1
  fromTagEnd = -1
  toTagStart = -1
  toTagEnd = -1
  /**
   * Whether all quotes and brackets are closed in the value of From, and in the value of To. If one of them is open, the tag
   * that was read may be wrong, or a tag may have been missed.
   */
  fromClosed = false
  toClosed = false
  /** The number of the CSeq header. */
  cseq = 0
  maxForwards: number | undefined
  readonly uri = new UriRange()
  private callIdText: string | undefined
  private fromTagText: string | undefined
  private toTagText: string | undefined

  get callId(): string {
    this.callIdText ??= latin1(this.bytes, this.callIdStart, this.callIdEnd)
    return this.callIdText
  }

  get fromTag(): string | undefined {
    if (this.fromTagStart === -1) return undefined
    this.fromTagText ??= latin1(this.bytes, this.fromTagStart, this.fromTagEnd)
    return this.fromTagText
  }

  get toTag(): string | undefined {
    if (this.toTagStart === -1) return undefined
    this.toTagText ??= latin1(this.bytes, this.toTagStart, this.toTagEnd)
    return this.toTagText
  }

  /**
   * RFC 3261 §8.1.1.7: whether the branch begins with the magic cookie. With it, a sender promises that its branch is unique.
   */
  get hasCookie(): boolean {
    const { branchStart, branchEnd } = this.via
    return branchEnd - branchStart > MAGIC_COOKIE.length && bytesAre(this.bytes, branchStart, MAGIC_COOKIE)
  }

  /** The same facts for `copy`, which is what `message.keep()` returned. */
  keep(copy: SipMessage): RequestFacts {
    const facts = new RequestFacts()
    const shift = (this.message?.start ?? 0) - copy.start
    facts.begin(copy)
    facts.via.moveFrom(this.via, copy.bytes, shift)
    facts.callIdStart = this.callIdStart - shift
    facts.callIdEnd = this.callIdEnd - shift
    facts.fromTagStart = this.fromTagStart === -1 ? -1 : this.fromTagStart - shift
    facts.fromTagEnd = this.fromTagEnd - shift
    facts.toTagStart = this.toTagStart === -1 ? -1 : this.toTagStart - shift
    facts.toTagEnd = this.toTagEnd - shift
    facts.cseq = this.cseq
    facts.maxForwards = this.maxForwards
    facts.uri.moveFrom(this.uri, copy.bytes, shift)
    facts.callIdText = this.callIdText
    facts.fromTagText = this.fromTagText
    facts.toTagText = this.toTagText
    return facts
  }

  /** Forgets the facts of the request before, and begins with this one. */
  begin(message: SipMessage): void {
    this.message = message
    this.bytes = message.bytes
    this.fromTagStart = -1
    this.toTagStart = -1
    this.callIdText = undefined
    this.fromTagText = undefined
    this.toTagText = undefined
  }
}

/**
 * The parts that match a response to its transaction (RFC 3261 §17.1.3). They are valid as long as the message. One instance
 * may be used for response after response.
 */
export class ResponseFacts {
  readonly via = new Via()
  /** The method in CSeq, and its id (`method-name.ts`). */
  cseqMethod = ''
  cseqMethodId = OTHER_METHOD
}

const MISSING_HEADER = fault('missing-header', 'Missing Mandatory Header', { answerable: false })
const REPEATED_HEADER = fault('repeated-header', 'Repeated Header')
const BAD_VIA = fault('bad-via', 'Bad Via')
const BAD_CSEQ = fault('bad-cseq', 'Bad CSeq')
const OTHER_CSEQ_METHOD = fault('cseq-method', 'CSeq Method Differs')
const BAD_MAX_FORWARDS = fault('bad-max-forwards', 'Bad Max-Forwards')
const BAD_FROM = fault('bad-from', 'Bad From')
const BAD_TO = fault('bad-to', 'Bad To')
const BAD_CALL_ID = fault('bad-call-id', 'Bad Call-ID')
const BAD_REQUEST_URI = fault('bad-request-uri', 'Bad Request-URI')
const UNSUPPORTED_SCHEME = fault('unsupported-scheme', 'Unsupported URI Scheme', { status: 416 })
const HEADERS_IN_REQUEST_URI = fault('headers-in-request-uri', 'Headers In Request-URI')

function fault(
  code: string,
  reason: string,
  { status = 400, answerable = true }: Partial<Pick<RequestFault, 'status' | 'answerable'>> = {},
): RequestFault {
  return { fault: true, code, status, reason, answerable }
}

/** A request without one of these headers is refused (RFC 3261 §8.1.1). */
const MANDATORY = idMask([HEADER.via, HEADER.from, HEADER.to, HEADER.callId, HEADER.cseq])
/** RFC 3261 §7.3.1: if a header is not a list, a message may have it only once. */
const ONCE = idMask([
  ...[HEADER.from, HEADER.to, HEADER.callId, HEADER.cseq, HEADER.maxForwards],
  ...[HEADER.contentLength, HEADER.maxBreadth, HEADER.contentType],
])

/** The names, by id, of the headers whose parameters decide who the sender is, which call is meant or what the next hop is. */
const DECIDING = namesById([
  [HEADER.via, 'Via'],
  [HEADER.from, 'From'],
  [HEADER.to, 'To'],
  [HEADER.contact, 'Contact'],
  [HEADER.route, 'Route'],
  [HEADER.recordRoute, 'Record-Route'],
])

/**
 * Like `DECIDING`, for responses that are refusals. Contact and Record-Route are left out, because a refusal makes no dialog.
 */
const DECIDING_IN_REFUSALS = namesById([
  [HEADER.via, 'Via'],
  [HEADER.from, 'From'],
  [HEADER.to, 'To'],
])

function namesById(entries: readonly (readonly [number, string])[]): readonly string[] {
  const names = Array.from({ length: 64 }, () => '')
  for (const [id, name] of entries) names[id] = name
  return names
}

/** Checks a parsed request, and reads its facts into `facts`. */
export function readRequestFacts(message: SipMessage, facts = new RequestFacts()): RequestFacts | RequestFault {
  facts.begin(message)
  return headerFault(message, facts) ?? valueFault(message, facts) ?? uriFault(message, facts) ?? facts
}

/**
 * Reads the facts of a response into `facts`. Undefined if the response has no usable Via or CSeq. Also undefined if it repeats
 * a part by which its transaction or dialog is found (RFC 3261 §7.3.1). Then the response belongs to no transaction.
 */
export function readResponseFacts(message: SipMessage, facts = new ResponseFacts()): ResponseFacts | undefined {
  const deciding = message.status < 300 ? DECIDING : DECIDING_IN_REFUSALS
  const row = message.first(HEADER.cseq)
  if (row === -1 || message.hasRepeated(ONCE) || parametersFault(message, deciding, undefined)) return undefined
  if (!readTopVia(facts.via, message) || readCSeq(message, row) === -1) return undefined
  const end = message.valueEnd(row)
  facts.cseqMethodId = methodIdAt(message.bytes, methodStart, end)
  facts.cseqMethod = methodOf(message.bytes, methodStart, end)
  return facts
}

function headerFault(message: SipMessage, facts: RequestFacts): RequestFault | undefined {
  if (!message.hasAll(MANDATORY)) return MISSING_HEADER
  if (message.hasRepeated(ONCE)) return REPEATED_HEADER
  if (!readTopVia(facts.via, message)) return BAD_VIA
  return parametersFault(message, DECIDING, facts)
}

function valueFault(message: SipMessage, facts: RequestFacts): RequestFault | undefined {
  const cseq = message.first(HEADER.cseq)
  facts.cseq = readCSeq(message, cseq)
  if (facts.cseq === -1) return BAD_CSEQ
  // RFC 3261 §8.1.1.5: the method in CSeq must be the method of the request.
  const { bytes, method } = message
  const sameLength = message.valueEnd(cseq) - methodStart === method.length
  if (!sameLength || !bytesAre(bytes, methodStart, method)) return OTHER_CSEQ_METHOD
  facts.maxForwards = readMaxForwards(message)
  if (facts.maxForwards === -1) return BAD_MAX_FORWARDS
  if (!facts.fromClosed) return BAD_FROM
  if (!facts.toClosed) return BAD_TO
  const callId = message.first(HEADER.callId)
  facts.callIdStart = message.valueStart(callId)
  facts.callIdEnd = message.valueEnd(callId)
  return facts.callIdStart === facts.callIdEnd ? BAD_CALL_ID : undefined
}

function uriFault(message: SipMessage, { uri }: RequestFacts): RequestFault | undefined {
  if (!uri.read(message.bytes, message.uriStart, message.uriEnd)) return BAD_REQUEST_URI
  // RFC 3261 §16.3 step 2: a Request-URI whose scheme we do not know is answered with 416.
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips' && uri.scheme !== 'tel') return UNSUPPORTED_SCHEME
  // RFC 3261 §19.1.1: headers are not allowed in a Request-URI.
  return uri.hasHeaders ? HEADERS_IN_REQUEST_URI : undefined
}

/**
 * RFC 3261 §7.3.1, §19.1.1: finds a repeated parameter in one of the headers in `deciding`, or in the Request-URI. Reads the
 * tags of From and To into `facts`.
 */
function parametersFault(
  message: SipMessage,
  deciding: readonly string[],
  facts: RequestFacts | undefined,
): RequestFault | undefined {
  const { bytes } = message
  for (let row = 0; row < message.headerCount; row++) {
    const id = message.id(row)
    const name = deciding[id]
    if (!name) continue
    const list = id !== HEADER.from && id !== HEADER.to
    const found = parameterFault(bytes, message.valueStart(row), message.valueEnd(row), list)
    if (found) return parameterProblem(found, name)
    if (!list && facts) takeAddress(facts, id)
  }
  const found = uriParameterFault(bytes, message.uriStart, message.uriEnd)
  return found && parameterProblem(found, 'Request-URI')
}

/**
 * Takes what the check of the parameters has seen in From or To. RFC 3261 §8.1.1.3 requires a tag in From, and some gateways
 * send no tag. Their calls are accepted, as calls of RFC 2543 peers are (§12.1.1).
 */
function takeAddress(facts: RequestFacts, id: number): void {
  if (id === HEADER.from) {
    facts.fromClosed = lastValue.closed
    facts.fromTagStart = lastValue.tagStart
    facts.fromTagEnd = lastValue.tagEnd
  } else {
    facts.toClosed = lastValue.closed
    facts.toTagStart = lastValue.tagStart
    facts.toTagEnd = lastValue.tagEnd
  }
}

function parameterProblem(found: ParameterFault, name: string): RequestFault {
  return found === 'repeated'
    ? fault('repeated-parameter', `Repeated Parameter In ${name}`)
    : fault('too-many-parameters', `Too Many Parameters In ${name}`)
}

/** The offset of the method in the CSeq value that was read last. */
let methodStart = 0

/** The number in a CSeq value, or -1. RFC 3261 §20.16: the value is `1*DIGIT LWS Method`, and leading zeros are allowed. */
function readCSeq(message: SipMessage, row: number): number {
  const { bytes } = message
  const start = message.valueStart(row)
  const end = message.valueEnd(row)
  let digitsEnd = start
  while (digitsEnd < end && isDigit(bytes[digitsEnd])) digitsEnd++
  methodStart = skipLws(bytes, digitsEnd, end)
  if (methodStart === digitsEnd || methodStart === end) return -1
  for (let at = methodStart; at < end; at++) if (isLws(bytes[at])) return -1
  return readDecimal(bytes, start, digitsEnd, MOST_CSEQ)
}

/** The value of Max-Forwards. Undefined: the header is absent. -1: the value is not a number from 0 to 255. */
function readMaxForwards(message: SipMessage): number | undefined {
  const row = message.first(HEADER.maxForwards)
  if (row === -1) return undefined
  return readDecimal(message.bytes, message.valueStart(row), message.valueEnd(row), MOST_MAX_FORWARDS)
}
