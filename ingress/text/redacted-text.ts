/**
 * Removes passwords and similar secrets from text before people see it. Secrets are looked for in URLs (whole or malformed)
 * and in `name=value`.
 */

const REDACTED = '[redacted]'

/** A URL up to the next blank. Quotes are taken as part of the URL, because a password may contain any character. */
const URL = /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi

/** Hosts with ports, separated by commas, and a path of plain words. A URL of this form contains no secret. */
const PLAIN =
  /^((?:\[[0-9a-f:.%]*\]|(?=[^/]*::)[0-9a-f:.]+|[\w.*-]*)(?::\d{1,5}|:PORT|:port)?(?:,(?:\[[0-9a-f:.]*\]|[\w.-]*)(?::\d{1,5})?)*)(\/[\w./~%-]*)?([^\w\s]*)$/i

/** A name such as `password` that marks its value as a secret, and the whole value. The `=` may be percent-encoded. */
const NAMED =
  /\b((?:[\w-]*(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|private[_-]?key))|pass|pwd|auth)(["']?\s*(?:=|%3d))\s*("[^"]*"|'[^']*'|[^\s&;,"']+)/gi

/**
 * `user:password@host` without a scheme, because a URL may have lost its scheme. SIP URIs do not match: they have a scheme
 * and no slashes before the user.
 */
const USER_INFO = /(^|[\s"'(/])(?!sips?:|tel:|mailto:)([^\s"'(/@:]{0,256}):([^\s"'@]{1,256})@(?=[\w[])/gi

/**
 * The text without anything that may be a secret. In doubt, too much is removed rather than too little: everything before
 * an `@`, everything after a `?` or a `#`, and the whole URL if its host is not clear.
 */
export function redactedText(text: string): string {
  if (!/[@=]|:\/\/|%3d/i.test(text)) return text
  return text
    .replace(URL, redactedUrl)
    .replace(NAMED, (_all, name: string, sign: string) => `${name}${sign}${REDACTED}`)
    .replace(USER_INFO, (_all, before: string) => `${before}${REDACTED}@`)
}

function redactedUrl(url: string): string {
  const at = url.indexOf('://') + 3
  const [scheme, rest] = [url.slice(0, at), url.slice(at)]
  const end = rest.search(/[/?#]/)
  const authority = end === -1 ? rest : rest.slice(0, end)
  const tail = end === -1 ? '' : rest.slice(end)
  // An `@` follows what looks like the host. So that part may be a password with a slash or a question mark. Where the
  // password ends is unknown, and everything is removed.
  if (tail.includes('@') || /%40/i.test(tail)) return `${scheme}${REDACTED}`
  const userEnd = authority.lastIndexOf('@')
  const host = authority.slice(userEnd + 1)
  const queryAt = tail.search(/[?#]/)
  const path = queryAt === -1 ? tail : tail.slice(0, queryAt)
  if (!PLAIN.test(host + path)) return `${scheme}${REDACTED}`
  const user = userEnd === -1 ? '' : `${REDACTED}@`
  return `${scheme}${user}${host}${path}${queryAt === -1 ? '' : `${tail[queryAt]}${REDACTED}`}`
}
