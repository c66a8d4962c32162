/**
 * Collects the bytes of one message. The bytes are written by JavaScript, because a call of `Buffer.write` or `Buffer.copy` costs
 * more than the few bytes of a header.
 */
import { latin1 } from './byte-class.ts'
import { COPIED_BY_LOOP_BYTES, WRITER_BYTES } from './limits.ts'

const ZERO = 0x30

export class ByteWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(WRITER_BYTES)
  private length = 0

  /** Forgets what was written, and makes room for `most` bytes. More must not be written. */
  begin(most: number): void {
    this.length = 0
    if (most > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(most)
  }

  /** Writes latin1 text: one character is one byte. */
  text(text: string): void {
    const { bytes, length } = this
    for (let i = 0; i < text.length; i++) bytes[length + i] = text.charCodeAt(i)
    this.length = length + text.length
  }

  /** Writes the range `start`..`end` of other bytes. */
  copy(from: Buffer, start: number, end: number): void {
    const { bytes, length } = this
    if (end - start > COPIED_BY_LOOP_BYTES) from.copy(bytes, length, start, end)
    else for (let at = start; at < end; at++) bytes[length + at - start] = from[at] ?? 0
    this.length = length + Math.max(end - start, 0)
  }

  /** Writes a whole number from 0 to 2**31 - 1. */
  decimal(value: number): void {
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
    const copy = Buffer.allocUnsafe(this.length)
    this.bytes.copy(copy, 0, 0, this.length)
    return copy
  }

  /** What was written, as latin1 text. */
  finishText(): string {
    return latin1(this.bytes, 0, this.length)
  }
}
