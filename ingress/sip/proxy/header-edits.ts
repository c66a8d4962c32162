import type { HeaderField, RelayEdits } from '../port/engine.ts'

/**
 * Writes a header line. Line ends are removed from the value, so that no value can end the line. RFC 3261 §7.3.1: values are
 * UTF-8.
 */
export function headerLine({ name, value }: HeaderField): string {
  return `${name}: ${latin1Of(value)}\r\n`
}

/**
 * Removes every character that ends a line in SIP (C0, U+0085) or where the text is shown (U+2028, U+2029). All other control
 * characters are removed too.
 */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
}

/** The text in UTF-8, without control characters. Each byte is one character of the result. */
export function latin1Of(text: string): string {
  // Most texts are printable ASCII. A loop finds this out faster than a regular expression.
  if (isPrintableAscii(text)) return text
  return Buffer.from(withoutLineEnds(text), 'utf8').toString('latin1')
}

function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

/** Whether the edits set or remove this header. `name` must be in lower case. */
export function editsHeader(edits: Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>, name: string): boolean {
  const { setHeaders, removeHeaders } = edits
  return (
    setHeaders.some((field) => field.name.toLowerCase() === name) ||
    removeHeaders.some((removed) => removed.toLowerCase() === name)
  )
}
