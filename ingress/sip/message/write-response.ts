/** Writes our own response to a request (RFC 3261 §8.2.6), and the parameters that a receiver adds to the top Via. */
import { firstComma, isWord, QUOTE, SEMICOLON, skipLws, skipQuoted, tokenLower } from './byte-class.ts'
import { ByteWriter } from './byte-writer.ts'
import { HEADER } from './header-name.ts'
import { hasTag } from './header-tag.ts'
import type { SipMessage } from './sip-message.ts'

/**
 * The parameters that the receiver adds to the top Via (RFC 3261 §18.2.1, RFC 3581 §4). Only the receiver may set them, so the
 * values that the sender wrote are replaced. If one of ours is undefined, the sender's value is removed.
 */
interface ViaSource {
  /** The source address, as text. */
  readonly received?: string | undefined
  /** The source port. */
  readonly rport?: number | undefined
}

interface ResponseOptions extends ViaSource {
  readonly status: number
  /** The reason phrase as latin1 text: one character is one byte. */
  readonly reason: string
  /** This tag is added to To if To has no tag. */
  readonly toTag?: string | undefined
  /** More header lines. They are complete, with CRLF, in latin1. */
  readonly extra?: string | undefined
}

/** The parameters that the receiver sets: one bit each. */
const RECEIVED = 1
const RPORT = 2

/** Bytes of the parts of a response that are always the same, and of `received` and `rport` without the address. */
const FIXED_BYTES = 128
const CRLF = '\r\n'
const NO_BODY = 'Content-Length: 0\r\n\r\n'

/** A response is written at once, so all responses share this writer. */
const writer = new ByteWriter()

/**
 * Writes the response. Via, From, To, Call-ID and CSeq are copied from the request byte for byte (RFC 3261 §8.2.6.2). If the
 * request lacks one of them, so does the response.
 */
export function writeResponse(request: SipMessage, options: ResponseOptions): Buffer {
  const { status, reason, toTag = '', extra = '' } = options
  writer.begin(roomFor(request, options) + reason.length + toTag.length + extra.length)
  writer.text('SIP/2.0 ')
  writer.decimal(status)
  writer.text(' ')
  writer.text(reason)
  writer.text(CRLF)
  writeVias(request, options)
  copyRow(request, request.first(HEADER.from))
  copyTo(request, toTag)
  copyRow(request, request.first(HEADER.callId))
  copyRow(request, request.first(HEADER.cseq))
  // RFC 3261 §8.2.6.1: a 100 has the Timestamp of the request.
  if (status === 100) copyRow(request, request.first(HEADER.timestamp))
  writer.text(extra)
  writer.text(NO_BODY)
  return writer.finish()
}

/**
 * The complete Via line of `row`. Its first value has the given `received` and `rport`, each at most once. A forwarded request
 * has this line in place of the row. If `row` is -1, the result is `''`.
 */
export function viaWithSource(message: SipMessage, row: number, source: ViaSource): string {
  if (row === -1) return ''
  writer.begin(roomFor(message, source))
  writeViaLine(writer, message, row, source)
  return writer.finishText()
}

/** Writes what `viaWithSource` returns. */
function writeViaLine(to: ByteWriter, message: SipMessage, row: number, source: ViaSource): void {
  const { bytes } = message
  const start = message.valueStart(row)
  const end = message.valueEnd(row)
  const comma = firstComma(bytes, start, end)
  to.copy(bytes, message.lineStart(row), start)
  writeFirstVia(to, bytes, { start, end: comma }, source)
  to.copy(bytes, comma, end)
  to.text(CRLF)
}

/** The most bytes that the copied lines and the source can need. Each line may have a shorter line break than ours. */
function roomFor(message: SipMessage, { received }: ViaSource): number {
  return message.headersEnd - message.start + 2 * message.headerCount + (received?.length ?? 0) + FIXED_BYTES
}

/** RFC 3261 §8.2.6.2: all Via lines, in their order. */
function writeVias(request: SipMessage, source: ViaSource): void {
  let row = request.first(HEADER.via)
  if (row === -1) return
  writeViaLine(writer, request, row, source)
  for (row = request.next(HEADER.via, row); row !== -1; row = request.next(HEADER.via, row)) copyRow(request, row)
}

function copyRow(request: SipMessage, row: number): void {
  if (row === -1) return
  writer.copy(request.bytes, request.lineStart(row), request.valueEnd(row))
  writer.text(CRLF)
}

function copyTo(request: SipMessage, toTag: string): void {
  const row = request.first(HEADER.to)
  if (row === -1) return
  writer.copy(request.bytes, request.lineStart(row), request.valueEnd(row))
  if (toTag !== '' && !hasTag(request, row)) {
    writer.text(';tag=')
    writer.text(toTag)
  }
  writer.text(CRLF)
}

/**
 * Writes the first value of a Via line. Our parameters replace those of the sender. If the sender has none, ours are added at
 * the end of the value.
 */
function writeFirstVia(
  to: ByteWriter,
  bytes: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  source: ViaSource,
): void {
  let from = start
  let missing = RECEIVED | RPORT
  let at = nextSemicolon(bytes, start, end)
  while (at < end) {
    const next = nextSemicolon(bytes, at + 1, end)
    const found = sourceParameter(bytes, skipLws(bytes, at + 1, end))
    if (found !== 0) {
      to.copy(bytes, from, at)
      from = next
      writeSource(to, source, found & missing)
      missing &= ~found
    }
    at = next
  }
  to.copy(bytes, from, end)
  writeSource(to, source, missing)
}

function writeSource(to: ByteWriter, { received, rport }: ViaSource, wanted: number): void {
  if ((wanted & RECEIVED) !== 0 && received !== undefined) {
    to.text(';received=')
    to.text(received)
  }
  if ((wanted & RPORT) !== 0 && rport !== undefined) {
    to.text(';rport=')
    to.decimal(rport)
  }
}

/** Which of the two parameters has its name at this offset, in upper or lower case. If none, 0. */
function sourceParameter(bytes: Buffer, at: number): number {
  if (isWord(bytes, at, 'received') && tokenLower(bytes, at + 8) === 0) return RECEIVED
  return isWord(bytes, at, 'rport') && tokenLower(bytes, at + 5) === 0 ? RPORT : 0
}

/** The offset of the next semicolon outside quotes. If there is none, `end`. */
function nextSemicolon(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== SEMICOLON) at = bytes[at] === QUOTE ? skipQuoted(bytes, at, end) : at + 1
  return at
}
