/** Changes some lines of a message. All other bytes stay as they were received (RFC 3261 §16.6 step 1). */
import type { SipMessage } from './sip-message.ts'

/** The changes. All text is latin1: one character is one byte. */
export interface MessageEdits {
  /** The start line without its CRLF. */
  readonly startLine?: string | undefined
  /** Complete header lines with CRLF. They are put before the first header. */
  readonly top?: string | undefined
  /** For each row to replace: complete header lines with CRLF. `''` removes the header. */
  readonly replaced?: ReadonlyMap<number, string> | undefined
  /** Complete header lines with CRLF. They are put after the last header. */
  readonly bottom?: string | undefined
}

/** Applies the edits. If there are none, the result has the same bytes as the message. */
export function rewriteMessage(message: SipMessage, edits: MessageEdits): Buffer {
  const out = Buffer.allocUnsafe(rewrittenLength(message, edits))
  let at = 0
  let from = message.start
  const copy = (to: number) => {
    at += message.bytes.copy(out, at, from, to)
    from = to
  }
  const write = (text: string | undefined) => {
    if (text) at += out.write(text, at, 'latin1')
  }
  if (edits.startLine !== undefined) {
    write(`${edits.startLine}\r\n`)
    from = message.headersStart
  }
  copy(message.headersStart)
  write(edits.top)
  for (let row = 0; edits.replaced && row < message.headerCount; row++) {
    const replacement = edits.replaced.get(row)
    if (replacement === undefined) continue
    copy(message.lineStart(row))
    write(replacement)
    from = message.lineEnd(row)
  }
  copy(message.headersEnd)
  write(edits.bottom)
  copy(message.end)
  return out
}

function rewrittenLength(message: SipMessage, edits: MessageEdits): number {
  let length = message.end - message.start + (edits.top?.length ?? 0) + (edits.bottom?.length ?? 0)
  if (edits.startLine !== undefined) length += edits.startLine.length + 2 - (message.headersStart - message.start)
  if (edits.replaced === undefined) return length
  for (const [row, text] of edits.replaced) {
    if (row >= 0 && row < message.headerCount) length += text.length - (message.lineEnd(row) - message.lineStart(row))
  }
  return length
}
