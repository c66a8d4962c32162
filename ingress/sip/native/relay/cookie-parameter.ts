/** The URI parameter that carries our cookie, in every spelling in which others may send it back (RFC 3261 §19.1.4). Pure. */

/** Every element keeps URI parameters that it does not know (RFC 3261 §19.1.1). */
export const COOKIE_PARAMETER = 'sdc'

/** The parameter in upper or lower case. Each character of its name may be written as an escape. A URI has no white space. */
const PARAMETER = /;(?:s|%[57]3)(?:d|%[46]4)(?:c|%[46]3)=([^;?>",\s]*)/gi

/**
 * The cookie in a URI, or in a header value around a URI. Escapes are decoded. Undefined if there is no cookie. Also undefined if
 * there are two cookies, because it is not clear which dialog the value names.
 */
export function cookieIn(text: string): string | undefined {
  PARAMETER.lastIndex = 0
  const found = PARAMETER.exec(text)
  if (!found || PARAMETER.exec(text)) return undefined
  return unescaped(found[1] ?? '')
}

/** Whether a text has the parameter, once or more often. */
export function hasCookie(text: string): boolean {
  PARAMETER.lastIndex = 0
  return PARAMETER.test(text)
}

/** Replaces `cookie` by `replacement` in the text, also if `cookie` is written with escapes. */
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
