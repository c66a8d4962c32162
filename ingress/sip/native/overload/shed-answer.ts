/** Writes the answer to a request that is shed, from the bytes of the request. */
import { SIP_PORT } from '../../../address/port.ts'
import { isLws } from '../../message/byte-class.ts'
import { HEADER } from '../../message/header-name.ts'
import { parseVia } from '../../message/via.ts'
import type { Flow } from '../transport/transport.ts'
import { headerAt, headerEnd, type PacketHash, type PacketScan } from './packet-scan.ts'

/** The first and the last bytes of an answer. They are the same for every request. */
export interface AnswerFrame {
  readonly head: Buffer
  readonly tail: Buffer
}

export function answerFrame(status: number, reason: string, warning: string): AnswerFrame {
  return {
    head: Buffer.from(`SIP/2.0 ${status} ${reason}\r\n`, 'latin1'),
    tail: Buffer.from(`Warning: 399 ${warning}\r\nContent-Length: 0\r\n\r\n`, 'latin1'),
  }
}

/** A tag is a hash in hexadecimal: 16 characters. */
const TAG_BYTES = 16
const HEX = Buffer.from('0123456789abcdef', 'latin1')
const TAG_NAME = Buffer.from(';tag=', 'latin1')

/** At most this many bytes of an answer are added to its frame and to the copied headers: the tag, `received` and `rport`. */
const ADDED_BYTES = 128

/**
 * The headers that a response copies (RFC 3261 §8.2.6.2). Each of them has one bit. A request that lacks one of these headers
 * is refused in the usual way.
 */
const COPIED: Readonly<Record<number, number>> = {
  [HEADER.via]: 1,
  [HEADER.from]: 2,
  [HEADER.to]: 4,
  [HEADER.callId]: 8,
  [HEADER.cseq]: 16,
}
const ALL_COPIED = 31

/**
 * The answer, with Via, From, To, Call-ID and CSeq in the order of the request. The To tag is the hash. Undefined if the
 * request lacks one of these headers.
 */
export function writeShedAnswer(
  scan: PacketScan,
  flow: Flow,
  frame: AnswerFrame,
  hash: PacketHash,
): Buffer | undefined {
  const { bytes, limit, headersStart, via } = scan
  const out = Buffer.allocUnsafe(frame.head.length + limit - headersStart + frame.tail.length + ADDED_BYTES)
  let to = append(out, 0, frame.head)
  let seen = 0
  let at = headersStart
  while (at < limit && bytes[at] !== 0x0d && bytes[at] !== 0x0a) {
    const bit = COPIED[headerAt(scan, at)] ?? 0
    const end = headerEnd(bytes, at, limit)
    if (bit !== 0) {
      const isTopVia = via.from > at && via.from < end
      if (isTopVia) to = appendTopVia(out, to, { scan, flow, at, end })
      else to = appendLine(out, to, { bytes, at, end, tag: bit === COPIED[HEADER.to] ? hash : undefined })
    }
    seen |= bit
    at = end
  }
  return seen === ALL_COPIED ? out.subarray(0, append(out, to, frame.tail)) : undefined
}

/** Whether the To tag of the request is the tag that `writeShedAnswer` makes from this hash. */
export function hasTagOf({ bytes, toTag }: PacketScan, hash: PacketHash): boolean {
  if (toTag.from === 0 || toTag.to - toTag.from !== TAG_BYTES) return false
  for (let i = 0; i < TAG_BYTES; i++) if (bytes[toTag.from + i] !== tagByte(hash, i)) return false
  return true
}

/**
 * The port at the source address to which an answer over UDP goes. RFC 3581 §4: if the Via has `rport`, this is the source
 * port, and the result is undefined. RFC 3261 §18.2.2: if the Via has no `rport`, this is the port of sent-by.
 */
export function answerPort({ bytes, sentBy, rport }: PacketScan): number | undefined {
  if (rport.from !== 0) return undefined
  return parseVia(`SIP/2.0/UDP ${bytes.toString('latin1', sentBy.from, sentBy.to)}`)?.port ?? SIP_PORT
}

function tagByte({ high, low }: PacketHash, i: number): number {
  const half = i < TAG_BYTES / 2 ? high : low
  return HEX[(half >>> (28 - 4 * (i % (TAG_BYTES / 2)))) & 15] ?? 0
}

/**
 * Copies a header line, and adds `tag` if it is present. The copy ends with CRLF, even if the line in the request ends with LF
 * alone.
 */
function appendLine(
  out: Buffer,
  to: number,
  line: { bytes: Buffer; at: number; end: number; tag: PacketHash | undefined },
): number {
  const { bytes, at, end, tag } = line
  let valueEnd = end
  while (valueEnd > at && isLws(bytes[valueEnd - 1])) valueEnd--
  let next = to + bytes.copy(out, to, at, valueEnd)
  if (tag) {
    next = append(out, next, TAG_NAME)
    for (let i = 0; i < TAG_BYTES; i++) out[next++] = tagByte(tag, i)
  }
  return lineBreak(out, next)
}

/**
 * RFC 3261 §18.2.1, RFC 3581 §4: `received` and `rport` say from where the request came. If the sender has asked for `rport`,
 * both are written. Else only `received` is written, and only if the host of sent-by differs from the source address.
 */
function appendTopVia(
  out: Buffer,
  to: number,
  line: { scan: PacketScan; flow: Flow; at: number; end: number },
): number {
  const { scan, flow, at, end } = line
  const { bytes, via, rport } = scan
  const isAsked = rport.from !== 0
  let next = to + bytes.copy(out, to, at, isAsked ? rport.from : via.to)
  if (isAsked) {
    next += out.write(`;rport=${flow.remotePort}`, next, 'latin1')
    next += bytes.copy(out, next, rport.to, via.to)
  }
  if (isAsked || !isSource(scan, flow.remoteAddress.text)) {
    next += out.write(`;received=${flow.remoteAddress.text}`, next, 'latin1')
  }
  return appendLine(out, next, { bytes, at: via.to, end, tag: undefined })
}

/** Whether the host of sent-by is this address, in brackets if it is IPv6. */
function isSource({ bytes, sentBy }: PacketScan, address: string): boolean {
  const from = bytes[sentBy.from] === 0x5b ? sentBy.from + 1 : sentBy.from
  for (let i = 0; i < address.length; i++) if (bytes[from + i] !== address.charCodeAt(i)) return false
  const after = bytes[from + address.length]
  return from + address.length >= sentBy.to || after === 0x3a || after === 0x5d
}

function append(out: Buffer, to: number, part: Buffer): number {
  return to + part.copy(out, to)
}

function lineBreak(out: Buffer, to: number): number {
  out[to] = 0x0d
  out[to + 1] = 0x0a
  return to + 2
}
