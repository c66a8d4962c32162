/**
 * The URI parameter that carries our cookie. Others may send it back in another spelling, and every spelling is found (RFC 3261
 * §19.1.4). Pure.
 */

/**
 * The name of the parameter. Other elements do not know this name, and must keep a parameter that they do not know (RFC 3261
 * §19.1.1).
 */
export const COOKIE_PARAMETER = 'sdc'

/**
 * Finds the parameter in upper or lower case. Each character of its name may be written as an escape, such as `%73` for `s`. A
 * URI has no white space, so the value ends there.
 */
const PARAMETER = /;(?:s|%[57]3)(?:d|%[46]4)(?:c|%[46]3)=([^;?>",\s]*)/gi

/**
 * The cookie in a URI, or in a header value around a URI, with escapes decoded. Undefined if there is no cookie. Also undefined
 * if there are two cookies, because then nobody can tell which dialog the value names.
 */
export function cookieIn(text: string): string | undefined {
  PARAMETER.lastIndex = 0
  const found = PARAMETER.exec(text)
  if (!found || PARAMETER.exec(text)) return undefined
  return unescaped(found[1] ?? '')
}

/** Whether a text has the cookie parameter, at least once. */
export function hasCookie(text: string): boolean {
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
