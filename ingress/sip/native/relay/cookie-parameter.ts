/**
 * The URI parameter that carries our cookie. Others may send it back in another spelling, and every spelling is found (RFC 3261
 * §19.1.4). Pure.
 */
import { COMMA, EQUALS, GREATER_THAN, QUOTE, SEMICOLON, SP } from '../../message/byte-class.ts'

/**
 * The name of the parameter. Other elements do not know this name, and must keep a parameter that they do not know (RFC 3261
 * §19.1.1).
 */
export const COOKIE_PARAMETER = 'sdc'

/**
 * Finds the parameter in a text with escapes, in upper or lower case. Each character of its name may be written as an escape, such
 * as `%73` for `s`. A URI has no white space, so the value ends there.
 */
const PARAMETER = /;(?:s|%[57]3)(?:d|%[46]4)(?:c|%[46]3)=([^;?>",\s]*)/gi

/**
 * The cookie in a URI, or in a header value around a URI, with escapes decoded. Undefined if there is no cookie. Also undefined
 * if there are two cookies, because then nobody can tell which dialog the value names.
 */
export function cookieIn(text: string): string | undefined {
  if (!text.includes('%')) return plainCookie(text)
  PARAMETER.lastIndex = 0
  const found = PARAMETER.exec(text)
  if (!found || PARAMETER.exec(text)) return undefined
  return unescaped(found[1] ?? '')
}

/** Most texts have no escape. For them, a loop is several times as fast as the regular expression. */
function plainCookie(text: string): string | undefined {
  const start = valueStart(text, 0)
  if (start === -1) return undefined
  let end = start
  while (end < text.length && !endsValue(text.charCodeAt(end))) end++
  return valueStart(text, end) === -1 ? text.slice(start, end) : undefined
}

/** The offset after the next `;sdc=`, in upper or lower case. If there is none, -1. */
function valueStart(text: string, from: number): number {
  for (let at = text.indexOf(';', from); at !== -1; at = text.indexOf(';', at + 1)) {
    const isNamed =
      (text.charCodeAt(at + 1) | LOWER) === S &&
      (text.charCodeAt(at + 2) | LOWER) === D &&
      (text.charCodeAt(at + 3) | LOWER) === C &&
      text.charCodeAt(at + 4) === EQUALS
    if (isNamed) return at + 5
  }
  return -1
}

/** Whether the character cannot be part of a value: `;`, `?`, `>`, `"`, `,`, white space and controls. */
function endsValue(code: number): boolean {
  return code <= SP || code === SEMICOLON || code === 0x3f || code === GREATER_THAN || code === QUOTE || code === COMMA
}

/** The letters of the name, and the bit that makes a letter lower-case. */
const S = 0x73
const D = 0x64
const C = 0x63
const LOWER = 0x20

/** Whether the text ends in the name of the parameter and its equals sign. */
export function endsInName(text: string): boolean {
  return valueStart(text, text.lastIndexOf(';')) === text.length
}

/** Whether a text has the cookie parameter, at least once. */
export function hasCookie(text: string): boolean {
  if (!text.includes('%')) return valueStart(text, 0) !== -1
  PARAMETER.lastIndex = 0
  return PARAMETER.test(text)
}

/** Replaces `cookie` by `replacement` in the text. `cookie` is found even if the text spells it with escapes. */
export function withCookie(text: string, cookie: string, replacement: string): string {
  const plain = text.replaceAll(cookie, replacement)
  if (!plain.includes('%')) return plain
  return plain.replace(PARAMETER, (parameter, value: string) =>
    unescaped(value) === cookie ? `;${COOKIE_PARAMETER}=${replacement}` : parameter,
  )
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
