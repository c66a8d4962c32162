import { MAX_HEADERS } from '../limits.ts'
import { firstComma, NO_BYTES, tokenLower } from './byte-class.ts'
import { HEADER, headerIdOf, isListHeader } from './header-name.ts'
import { splitList } from './name-addr.ts'

/** Each header has a row of six numbers: id, lineStart, nameEnd, valueStart, valueEnd, lineEnd. */
export const ROW_WIDTH = 6
/** Rows begin at a multiple of this number of bytes, which is the size of one number. */
const ROW_ALIGNMENT = Int32Array.BYTES_PER_ELEMENT

/** A set of header ids below 32: one bit each. */
export function idMask(ids: readonly number[]): number {
  let mask = 0
  for (const id of ids) {
    if (id >= 32) throw new RangeError(`ID_MASK: a header with id ${id} needs an id below 32`)
    mask |= 1 << id
  }
  return mask
}

/**
 * An index over the bytes of one message. A part is decoded only when it is read. One instance is used for packet after packet,
 * so its content is valid only until the next parse. `keep` makes a copy that stays valid. All offsets count from the start of
 * `bytes`.
 */
export class SipMessage {
  bytes: Buffer = NO_BYTES
  /** `start`: the offset of the first byte of the start line. `end`: the offset after the last byte of the body. */
  start = 0
  end = 0
  isRequest = true
  /** The method of a request. In a response, `''`. */
  method = ''
  /** The status code of a response. In a request, 0. */
  status = 0
  uriStart = 0
  uriEnd = 0
  reasonStart = 0
  reasonEnd = 0
  /**
   * `headersStart`: the offset of the first header line. `headersEnd`: the offset of the empty line after the last header line.
   */
  headersStart = 0
  headersEnd = 0
  headerCount = 0
  /**
   * Sets of header ids, one bit for each id: the ids that occur (`ids`), and the ids that occur more than once (`repeated`).
   * Each set has two numbers: for the ids below 32, and for the ids from 32.
   */
  private idsBelow = 0
  private idsAbove = 0
  private repeatedBelow = 0
  private repeatedAbove = 0
  private viaEnd = -1
  bodyStart = 0
  bodyEnd = 0
  /** The rows of all headers, with `ROW_WIDTH` numbers each. The parser writes them. */
  readonly rows: Int32Array

  constructor(rows: Int32Array = new Int32Array(MAX_HEADERS * ROW_WIDTH)) {
    this.rows = rows
  }

  id(row: number): number {
    return this.rows[row * ROW_WIDTH] ?? HEADER.other
  }

  lineStart(row: number): number {
    return this.rows[row * ROW_WIDTH + 1] ?? 0
  }

  nameEnd(row: number): number {
    return this.rows[row * ROW_WIDTH + 2] ?? 0
  }

  /** The offset of the first byte of the value, after white space and folds. */
  valueStart(row: number): number {
    return this.rows[row * ROW_WIDTH + 3] ?? 0
  }

  valueEnd(row: number): number {
    return this.rows[row * ROW_WIDTH + 4] ?? 0
  }

  /** The offset after the CRLF that ends the header. Continuation lines belong to the header. */
  lineEnd(row: number): number {
    return this.rows[row * ROW_WIDTH + 5] ?? 0
  }

  /** Whether each header in the mask (`idMask`) occurs. */
  hasAll(mask: number): boolean {
    return (this.idsBelow & mask) === mask
  }

  /** Whether a header in the mask (`idMask`) occurs more than once. */
  hasRepeated(mask: number): boolean {
    return (this.repeatedBelow & mask) !== 0
  }

  /** The parser calls this before the first header. */
  clearHeaders(): void {
    this.headerCount = 0
    this.idsBelow = 0
    this.idsAbove = 0
    this.repeatedBelow = 0
    this.repeatedAbove = 0
    this.viaEnd = -1
  }

  /** The parser calls this for each header. */
  noteId(id: number): void {
    const bit = 1 << (id & 31)
    if (id < 32) {
      this.repeatedBelow |= this.idsBelow & bit
      this.idsBelow |= bit
    } else {
      this.repeatedAbove |= this.idsAbove & bit
      this.idsAbove |= bit
    }
  }

  /** The first row with this id. If there is none, -1. */
  first(id: number): number {
    const bit = 1 << (id & 31)
    return ((id < 32 ? this.idsBelow : this.idsAbove) & bit) === 0 ? -1 : this.rowAfter(id, -1)
  }

  /** The first row with this id below row `after`. If there is none, -1. */
  next(id: number, after: number): number {
    const bit = 1 << (id & 31)
    return ((id < 32 ? this.repeatedBelow : this.repeatedAbove) & bit) === 0 ? -1 : this.rowAfter(id, after)
  }

  private rowAfter(id: number, after: number): number {
    for (let row = after + 1; row < this.headerCount; row++) if (this.rows[row * ROW_WIDTH] === id) return row
    return -1
  }

  /**
   * The offset after the first value of the first Via line. If a second value follows in that line, its comma is at this
   * offset. If there is no Via, 0. The offset is searched once and stored, because several steps of a request need it.
   */
  topViaEnd(): number {
    if (this.viaEnd === -1) {
      const row = this.first(HEADER.via)
      this.viaEnd = row === -1 ? 0 : firstComma(this.bytes, this.valueStart(row), this.valueEnd(row))
    }
    return this.viaEnd
  }

  /** The value as latin1 text. Each fold becomes one space (RFC 3261 §7.3.1). */
  value(row: number): string {
    const text = this.bytes.toString('latin1', this.valueStart(row), this.valueEnd(row))
    return text.includes('\n') ? text.replace(/[ \t]*\r?\n[ \t]+/g, ' ') : text
  }

  /** The header's name as the sender wrote it. */
  nameText(row: number): string {
    return this.bytes.toString('latin1', this.lineStart(row), this.nameEnd(row))
  }

  /** Whether the header has this name, which is in lower case. */
  private isNamed(row: number, name: string): boolean {
    const start = this.lineStart(row)
    if (this.nameEnd(row) - start !== name.length) return false
    for (let i = 0; i < name.length; i++) if (tokenLower(this.bytes, start + i) !== name.charCodeAt(i)) return false
    return true
  }

  /** The Request-URI as the sender wrote it. In a response, `''`. */
  requestUri(): string {
    return this.bytes.toString('latin1', this.uriStart, this.uriEnd)
  }

  /**
   * All values of a header, in order. The name may be long or compact, in upper or lower case. If the header is defined as a
   * comma-separated list, its lines are split (RFC 3261 §7.3.1). For all other headers, each line is one value.
   */
  values(name: string): string[] {
    const id = headerIdOf(name)
    const list = isListHeader(id)
    const found: string[] = []
    const wanted = name.toLowerCase()
    for (let row = this.first(id); row !== -1; row = this.next(id, row)) {
      if (id === HEADER.other && !this.isNamed(row, wanted)) continue
      if (list) found.push(...splitList(this.value(row)))
      else found.push(this.value(row))
    }
    return found
  }

  /** Makes a copy of this message's bytes and rows. The copy stays valid when this instance is used for the next packet. */
  keep(): SipMessage {
    const shift = this.start
    const numbers = this.headerCount * ROW_WIDTH
    const rowsAt = (this.end - shift + ROW_ALIGNMENT - 1) & -ROW_ALIGNMENT
    // The rows are behind the bytes in one piece of a pool, because each block outside the heap of V8 has a cost. Node aligns a
    // piece to 8 bytes.
    const block = Buffer.allocUnsafe(rowsAt + numbers * ROW_ALIGNMENT)
    const copy = new SipMessage(new Int32Array(block.buffer, block.byteOffset + rowsAt, numbers))
    copy.bytes = block
    this.bytes.copy(block, 0, shift, this.end)
    copy.end = this.end - shift
    copy.isRequest = this.isRequest
    copy.method = this.method
    copy.status = this.status
    copy.uriStart = this.uriStart - shift
    copy.uriEnd = this.uriEnd - shift
    copy.reasonStart = this.reasonStart - shift
    copy.reasonEnd = this.reasonEnd - shift
    copy.headersStart = this.headersStart - shift
    copy.headersEnd = this.headersEnd - shift
    copy.headerCount = this.headerCount
    copy.idsBelow = this.idsBelow
    copy.idsAbove = this.idsAbove
    copy.repeatedBelow = this.repeatedBelow
    copy.repeatedAbove = this.repeatedAbove
    copy.bodyStart = this.bodyStart - shift
    copy.bodyEnd = this.bodyEnd - shift
    copyRows(this.rows, copy.rows, shift)
    return copy
  }
}

function copyRows(from: Int32Array, to: Int32Array, shift: number): void {
  for (let i = 0; i < to.length; i++) {
    const isId = i % ROW_WIDTH === 0
    to[i] = (from[i] ?? 0) - (isId ? 0 : shift)
  }
}
