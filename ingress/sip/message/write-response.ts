/** Writes our own response to a request (RFC 3261 §8.2.6), and the parameters that a receiver adds to the top Via. */
import { firstComma, QUOTE, SEMICOLON, skipLws, skipQuoted, tokenLower } from './byte-class.ts'
import { HEADER } from './header-name.ts'
import { readTag } from './header-tag.ts'
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

/** One change: the bytes `from`..`to` are replaced by `text`. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

const NO_BODY = 'Content-Length: 0\r\n\r\n'

/**
 * Writes the response. Via, From, To, Call-ID and CSeq are copied from the request byte for byte (RFC 3261 §8.2.6.2). If the
 * request lacks one of them, so does the response.
 */
export function writeResponse(request: SipMessage, options: ResponseOptions): Buffer {
  const head = `SIP/2.0 ${options.status} ${options.reason}\r\n${viaWithSource(request, request.first(HEADER.via), options)}`
  const tail = `${options.extra ?? ''}${NO_BODY}`
  const to = request.first(HEADER.to)
  const tag =
    options.toTag !== undefined && to !== -1 && readTag(request, to) === undefined ? `;tag=${options.toTag}` : ''
  const copied = copiedRows(request, options.status)
  let length = head.length + tag.length + tail.length
  for (const row of copied) length += request.valueEnd(row) - request.lineStart(row) + 2
  const out = Buffer.allocUnsafe(length)
  let at = out.write(head, 0, 'latin1')
  for (const row of copied) {
    at += request.bytes.copy(out, at, request.lineStart(row), request.valueEnd(row))
    if (row === to && tag !== '') at += out.write(tag, at, 'latin1')
    out[at++] = 0x0d
    out[at++] = 0x0a
  }
  out.write(tail, at, 'latin1')
  return out
}

/**
 * The complete Via line of `row`. Its first value has the given `received` and `rport`, each at most once. A forwarded request
 * has this line in place of the row. If `row` is -1, the result is `''`.
 */
export function viaWithSource(message: SipMessage, row: number, source: ViaSource): string {
  if (row === -1) return ''
  const { bytes } = message
  const start = message.valueStart(row)
  const comma = firstComma(bytes, start, message.valueEnd(row))
  let text = ''
  let from = message.lineStart(row)
  for (const edit of viaEdits(bytes, { start, end: comma }, source)) {
    text += bytes.toString('latin1', from, edit.from) + edit.text
    from = edit.to
  }
  return `${text}${bytes.toString('latin1', from, message.valueEnd(row))}\r\n`
}

/**
 * The changes in the first value of a Via line. Our parameters replace those of the sender. If the sender has none, ours are
 * added at the end of the value.
 */
function viaEdits(bytes: Buffer, part: { start: number; end: number }, source: ViaSource): Edit[] {
  const { end } = part
  let received = source.received === undefined ? '' : `;received=${source.received}`
  let rport = source.rport === undefined ? '' : `;rport=${source.rport}`
  const edits: Edit[] = []
  let at = part.start
  while (at < end) {
    if (bytes[at] !== SEMICOLON) {
      at = bytes[at] === QUOTE ? skipQuoted(bytes, at, end) : at + 1
      continue
    }
    const name = skipLws(bytes, at + 1, end)
    const to = parameterEnd(bytes, at + 1, end)
    if (isNamed(bytes, name, 'received')) {
      edits.push({ from: at, to, text: received })
      received = ''
    } else if (isNamed(bytes, name, 'rport')) {
      edits.push({ from: at, to, text: rport })
      rport = ''
    }
    at = to
  }
  if (received !== '' || rport !== '') edits.push({ from: end, to: end, text: received + rport })
  return edits
}

/** Whether the whole token at this offset is `name`, in upper or lower case. */
function isNamed(bytes: Buffer, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (tokenLower(bytes, at + i) !== name.charCodeAt(i)) return false
  return tokenLower(bytes, at + name.length) === 0
}

function parameterEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== SEMICOLON) at = bytes[at] === QUOTE ? skipQuoted(bytes, at, end) : at + 1
  return at
}

/** The rows that are copied after the top Via line. The other Via lines come first and keep their order (RFC 3261 §8.2.6.2). */
function copiedRows(request: SipMessage, status: number): number[] {
  const rows: number[] = []
  const top = request.first(HEADER.via)
  if (top !== -1)
    for (let row = request.next(HEADER.via, top); row !== -1; row = request.next(HEADER.via, row)) rows.push(row)
  for (const id of [HEADER.from, HEADER.to, HEADER.callId, HEADER.cseq]) {
    const row = request.first(id)
    if (row !== -1) rows.push(row)
  }
  // RFC 3261 §8.2.6.1: a 100 has the Timestamp of the request.
  const timestamp = status === 100 ? request.first(HEADER.timestamp) : -1
  if (timestamp !== -1) rows.push(timestamp)
  return rows
}
