/**
 * Collects the bytes of one message, mostly copied from another one. A few bytes are written by JavaScript, because a call of
 * `Buffer.write` or `Buffer.copy` costs more than they do.
 */
import { CR, LF, latin1, NO_BYTES } from './byte-class.ts'
import { COPIED_BY_LOOP_BYTES, WRITER_BYTES } from './limits.ts'

const ZERO = 0x30

/**
 * Writes one message after the other into memory of its own. `begin` starts a message, and `finish` returns its bytes. Between the
 * two, nobody else may use this object. The next byte of the source that `copyTo` copies is at `to`.
 */
export class ByteWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(WRITER_BYTES)
  private length = 0
  private source: Buffer = NO_BYTES
  /** The range of the source that was copied last. It is written late, because the next range often follows without a gap. */
  private from = 0
  private to = 0

  /** Forgets what was written. Ranges will be copied from `source`, and `copyTo` begins at `start`. */
  begin(source: Buffer, start: number): void {
    this.source = source
    this.length = 0
    this.from = start
    this.to = start
  }

  /** Writes latin1 text: one character is one byte. */
  text(text: string): void {
    this.flush()
    const { length } = text
    const at = this.room(length)
    const { bytes } = this
    if (length > COPIED_BY_LOOP_BYTES) bytes.write(text, at, 'latin1')
    else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
    this.length = at + length
  }

  lineEnd(): void {
    this.flush()
    const at = this.room(2)
    this.bytes[at] = CR
    this.bytes[at + 1] = LF
    this.length = at + 2
  }

  /** Writes a whole number from 0 to 2**31 - 1. */
  decimal(value: number): void {
    this.flush()
    let digits = 1
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++
    const start = this.room(digits)
    let rest = value
    for (let at = start + digits - 1; at >= start; at--) {
      this.bytes[at] = ZERO + (rest % 10)
      rest = (rest / 10) | 0
    }
    this.length = start + digits
  }

  /** Writes a range of the source. */
  copy(start: number, end: number): void {
    if (start !== this.to) this.leaveOut(start)
    this.to = end
  }

  /** Writes the bytes of the source before `offset` that were neither copied nor left out yet. */
  copyTo(offset: number): void {
    this.to = offset
  }

  /** Leaves out the bytes of the source before `offset` that were not copied yet. */
  leaveOut(offset: number): void {
    this.flush()
    this.from = offset
    this.to = offset
  }

  /** A copy of what was written. */
  finish(): Buffer {
    this.flush()
    this.source = NO_BYTES
    const copy = Buffer.allocUnsafe(this.length)
    this.bytes.copy(copy, 0, 0, this.length)
    return copy
  }

  /** What was written, as latin1 text. */
  finishText(): string {
    this.flush()
    this.source = NO_BYTES
    return latin1(this.bytes, 0, this.length)
  }

  private flush(): void {
    const { source, from, to } = this
    if (from === to) return
    const at = this.room(to - from)
    const { bytes } = this
    if (to - from > COPIED_BY_LOOP_BYTES) source.copy(bytes, at, from, to)
    else for (let next = from; next < to; next++) bytes[at + next - from] = source[next] ?? 0
    this.length = at + to - from
    this.from = to
  }

  /** Makes room for so many bytes. Returns the offset of the first of them. */
  private room(size: number): number {
    const at = this.length
    if (at + size > this.bytes.length) this.grow(at + size)
    return at
  }

  private grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * size)
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}
