import { firstComma, skipLws } from './byte-class.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { SipMessage } from './sip-message.ts'

/**
 * Copies the message up to the end of this row, without the first value of the row. The row is a list header, such as a Via. Its
 * name stays as the sender wrote it. If it has only one value, the row is left out.
 */
export function copyWithoutFirstValue(copy: ByteWriter, message: SipMessage, row: number): void {
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
