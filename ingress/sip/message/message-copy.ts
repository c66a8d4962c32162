/** Writes the copy of a message that we send on. Bytes that nobody changes are copied in long ranges. */
import { CR, firstComma, LF, skipLws } from './byte-class.ts'
import { COPIED_BY_LOOP_BYTES, WRITER_BYTES } from './limits.ts'
import type { SipMessage } from './sip-message.ts'

/**
 * Writes one message after the other into memory of its own. `begin` starts a message, and `finish` returns its bytes. Between the
 * two, nobody else may use this object. The next byte of the original that is copied is at `from`.
 */
export class MessageCopy {
  #out = Buffer.allocUnsafeSlow(WRITER_BYTES)
  #length = 0
  #source: Buffer = this.#out
  #from = 0
  #end = 0

  begin(original: SipMessage): void {
    this.#length = 0
    this.#source = original.bytes
    this.#from = original.start
    this.#end = original.end
  }

  /** Copies the bytes of the original that come before `offset` and were neither copied nor left out yet. */
  copyTo(offset: number): void {
    if (offset > this.#from) this.range(this.#source, this.#from, offset)
    this.#from = offset
  }

  /** Leaves out the bytes of the original that come before `offset` and were not copied yet. */
  leaveOut(offset: number): void {
    this.#from = offset
  }

  /** Writes a text of latin1: one character is one byte. */
  text(text: string): void {
    const { length } = text
    const at = this.#room(length)
    const out = this.#out
    if (length > COPIED_BY_LOOP_BYTES) out.write(text, at, 'latin1')
    else for (let i = 0; i < length; i++) out[at + i] = text.charCodeAt(i)
    this.#length = at + length
  }

  lineEnd(): void {
    const at = this.#room(2)
    this.#out[at] = CR
    this.#out[at + 1] = LF
    this.#length = at + 2
  }

  /** Writes a whole number, which must not be negative, in decimal. */
  number(value: number): void {
    if (value > 9) this.number(Math.floor(value / 10))
    const at = this.#room(1)
    this.#out[at] = 0x30 + (value % 10)
    this.#length = at + 1
  }

  /** Writes bytes of any source. */
  range(source: Buffer, from: number, to: number): void {
    const at = this.#room(to - from)
    const out = this.#out
    if (to - from > COPIED_BY_LOOP_BYTES) source.copy(out, at, from, to)
    else for (let i = from; i < to; i++) out[at + i - from] = source[i] ?? 0
    this.#length = at + to - from
  }

  /** Copies the rest of the original. The result is not changed by the messages that are written later. */
  finish(): Buffer {
    this.copyTo(this.#end)
    const message = Buffer.allocUnsafe(this.#length)
    this.#out.copy(message, 0, 0, this.#length)
    this.#source = this.#out
    return message
  }

  /** Makes room for so many bytes. Returns the offset of the first of them. */
  #room(bytes: number): number {
    const at = this.#length
    if (at + bytes > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow((at + bytes) * 2)
      this.#out.copy(larger, 0, 0, at)
      this.#out = larger
    }
    return at
  }
}

/**
 * Copies the message up to the end of this row, without the first value of the row. The row is a list header, such as a Via. Its
 * name stays as the sender wrote it. If it has only one value, the row is left out.
 */
export function copyWithoutFirstValue(copy: MessageCopy, message: SipMessage, row: number): void {
  const { bytes } = message
  const end = message.valueEnd(row)
  const comma = firstComma(bytes, message.valueStart(row), end)
  const rest = skipLws(bytes, Math.min(comma + 1, end), end)
  if (rest === end) {
    copy.copyTo(message.lineStart(row))
  } else {
    copy.copyTo(message.nameEnd(row))
    copy.text(': ')
    copy.leaveOut(rest)
    copy.copyTo(end)
    copy.lineEnd()
  }
  copy.leaveOut(message.lineEnd(row))
}
