/** Writes our own response to a request (RFC 3261 §8.2.6), and the parameters that a receiver adds to the top Via. */
import { CR, firstComma, isWord, QUOTE, SEMICOLON, skipLws, skipQuoted, tokenLower } from './byte-class.ts'
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

export interface ResponseOptions extends ViaSource {
  readonly status: number
  /** The reason phrase as latin1 text: one character is one byte. */
  readonly reason: string
  /** This tag is added to To if To has no tag. */
  readonly toTag?: string | undefined
  /** A Warning line in two parts: its start, with the quote that opens its text, and the text. Both are in latin1. */
  readonly warningStart?: string | undefined
  readonly warning?: string | undefined
  /** More header lines. They are complete, with CRLF, in latin1. */
  readonly extra?: string | undefined
}

/** The parameters that the receiver sets: one bit each. */
const RECEIVED = 1
const RPORT = 2

const WARNING_END = '"\r\n'
const NO_BODY = 'Content-Length: 0\r\n\r\n'

/** One response is written completely before the next one, so all responses share this writer. */
const writer = new ByteWriter()

/**
 * Writes the response. Via, From, To, Call-ID and CSeq are copied from the request byte for byte (RFC 3261 §8.2.6.2). If the
 * request lacks one of them, so does the response.
 */
export function writeResponse(request: SipMessage, options: ResponseOptions): Buffer {
  const { status, reason, toTag = '', warningStart = '', warning = '', extra = '' } = options
  writer.begin(request.bytes, request.start)
  writer.text('SIP/2.0 ')
  writer.decimal(status)
  writer.text(' ')
  writer.text(reason)
  writer.lineEnd()
  writeVias(request, options)
  copyRow(request, request.first(HEADER.from))
  copyTo(request, toTag)
  copyRow(request, request.first(HEADER.callId))
  copyRow(request, request.first(HEADER.cseq))
  // RFC 3261 §8.2.6.1: a 100 has the Timestamp of the request.
  if (status === 100) copyRow(request, request.first(HEADER.timestamp))
  if (warningStart !== '') {
    writer.text(warningStart)
    writer.text(warning)
    writer.text(WARNING_END)
  }
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
  writer.begin(message.bytes, message.start)
  const comma = firstComma(message.bytes, message.valueStart(row), message.valueEnd(row))
  writeViaLine(message, row, comma, source)
  return writer.finishText()
}

/** Writes what `viaWithSource` returns. The first value ends at `comma`. */
function writeViaLine(message: SipMessage, row: number, comma: number, source: ViaSource): void {
  const { bytes } = message
  const start = message.valueStart(row)
  writer.copy(message.lineStart(row), start)
  writeFirstVia(bytes, start, comma, source)
  writer.copy(comma, message.valueEnd(row))
  endLine(message, row)
}

/** RFC 3261 §8.2.6.2: all Via lines, in their order. */
function writeVias(request: SipMessage, source: ViaSource): void {
  let row = request.first(HEADER.via)
  if (row === -1) return
  writeViaLine(request, row, request.topViaEnd(), source)
  for (row = request.next(HEADER.via, row); row !== -1; row = request.next(HEADER.via, row)) copyRow(request, row)
}

function copyRow(request: SipMessage, row: number): void {
  if (row === -1) return
  writer.copy(request.lineStart(row), request.valueEnd(row))
  endLine(request, row)
}

function copyTo(request: SipMessage, toTag: string): void {
  const row = request.first(HEADER.to)
  if (row === -1) return
  writer.copy(request.lineStart(row), request.valueEnd(row))
  if (toTag !== '' && !hasTag(request, row)) {
    writer.text(';tag=')
    writer.text(toTag)
  }
  endLine(request, row)
}

/**
 * Ends a copied line with CRLF. If a CRLF follows the value in the request, that CRLF is copied, so that the writer can copy
 * this line and the next line in one piece.
 */
function endLine(message: SipMessage, row: number): void {
  const end = message.valueEnd(row)
  if (message.lineEnd(row) === end + 2 && message.bytes[end] === CR) writer.copy(end, end + 2)
  else writer.lineEnd()
}

/**
 * Writes the first value of a Via line. Our parameters replace those of the sender. If the sender has none, ours are added at
 * the end of the value.
 */
function writeFirstVia(bytes: Buffer, start: number, end: number, source: ViaSource): void {
  let from = start
  let missing = RECEIVED | RPORT
  let at = nextSemicolon(bytes, start, end)
  while (at < end) {
    const next = nextSemicolon(bytes, at + 1, end)
    const found = sourceParameter(bytes, skipLws(bytes, at + 1, end))
    if (found !== 0) {
      writer.copy(from, at)
      from = next
      writeSource(source, found & missing)
      missing &= ~found
    }
    at = next
  }
  writer.copy(from, end)
  writeSource(source, missing)
}

function writeSource({ received, rport }: ViaSource, wanted: number): void {
  if ((wanted & RECEIVED) !== 0 && received !== undefined) {
    writer.text(';received=')
    writer.text(received)
  }
  if ((wanted & RPORT) !== 0 && rport !== undefined) {
    writer.text(';rport=')
    writer.decimal(rport)
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
