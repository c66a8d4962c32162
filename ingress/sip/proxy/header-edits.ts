import type { HeaderField, RelayEdits } from '../port/engine.ts'

/** A header line of ours: no value, wherever it comes from, can end the line. RFC 3261 §7.3.1: values are UTF-8. */
export function headerLine({ name, value }: HeaderField): string {
  return `${name}: ${latin1Of(value)}\r\n`
}

/** Text without what ends a line, here (C0, U+0085) or for whoever shows it (U+2028, U+2029), and without other control characters. */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
}

/** The bytes of UTF-8 text, one character each, without control characters. */
export function latin1Of(text: string): string {
  const clean = withoutLineEnds(text)
  return /^[ -~]*$/.test(clean) ? clean : Buffer.from(clean, 'utf8').toString('latin1')
}

/** Whether a header, in lower case, is set or removed. */
export function editsHeader(edits: Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>, name: string): boolean {
  const { setHeaders, removeHeaders } = edits
  return (
    setHeaders.some((field) => field.name.toLowerCase() === name) ||
    removeHeaders.some((removed) => removed.toLowerCase() === name)
  )
}
