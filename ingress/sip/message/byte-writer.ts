/**
 * Collects the bytes of one message, mostly copied from another one. A few bytes are written by JavaScript, because a call of
 * `Buffer.write` or `Buffer.copy` costs more than they do.
 */
import { latin1 } from './byte-class.ts'
import { COPIED_BY_LOOP_BYTES, WRITER_BYTES } from './limits.ts'

const ZERO = 0x30
const NO_BYTES = Buffer.alloc(0)

export class ByteWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(WRITER_BYTES)
  private length = 0
  private source: Buffer = NO_BYTES
  /** The range of the source that was copied last. It is written late, because the next range often follows without a gap. */
  private from = 0
  private to = 0

  /** Forgets what was written. Makes room for `most` bytes; more must not be written. Ranges will be copied from `source`. */
  begin(source: Buffer, most: number): void {
    this.source = source
    this.length = 0
    this.from = 0
    this.to = 0
    if (most > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(most)
  }

  /** Writes latin1 text: one character is one byte. */
  text(text: string): void {
    this.flush()
    const { bytes, length } = this
    if (text.length > COPIED_BY_LOOP_BYTES) bytes.write(text, length, 'latin1')
    else for (let i = 0; i < text.length; i++) bytes[length + i] = text.charCodeAt(i)
    this.length = length + text.length
  }

  /** Writes a range of the source. */
  copy(start: number, end: number): void {
    if (start === this.to) {
      this.to = end
    } else {
      this.flush()
      this.from = start
      this.to = end
    }
  }

  /** Writes a whole number from 0 to 2**31 - 1. */
  decimal(value: number): void {
    this.flush()
    let digits = 1
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++
    let rest = value
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      this.bytes[at] = ZERO + (rest % 10)
      rest = (rest / 10) | 0
    }
    this.length += digits
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
    const { bytes, length, source, from, to } = this
    if (from === to) return
    if (to - from > COPIED_BY_LOOP_BYTES) source.copy(bytes, length, from, to)
    else for (let at = from; at < to; at++) bytes[length + at - from] = source[at] ?? 0
    this.length = length + to - from
    this.from = to
  }
}
