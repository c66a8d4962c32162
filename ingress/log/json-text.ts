/**
 * JSON for the log lines of calls. It is faster than the usual writer, which tests the type of each field and reads each
 * character twice.
 */
import { printableText } from '../text/printable-text.ts'

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const TILDE = 0x7e

/** The text as a JSON string. Unprintable characters are escaped (`printableText`). */
export function jsonText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return printableText(JSON.stringify(text))
  }
  return `"${text}"`
}
