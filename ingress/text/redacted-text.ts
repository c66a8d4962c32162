/** Removes passwords and similar secrets from text that is shown: from whole or malformed URLs, and from `name=value`. */

const REDACTED = '[redacted]'

/** A URL up to the next blank. Quotes belong to the URL, because a password may contain any character. */
const URL = /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi

/** Hosts with ports, separated by commas, and a path of plain words: a URL of this form contains no secret. */
const PLAIN =
  /^((?:\[[0-9a-f:.%]*\]|(?=[^/]*::)[0-9a-f:.]+|[\w.*-]*)(?::\d{1,5}|:PORT|:port)?(?:,(?:\[[0-9a-f:.]*\]|[\w.-]*)(?::\d{1,5})?)*)(\/[\w./~%-]*)?([^\w\s]*)$/i

/** A name that marks its value as a secret, plain or percent-encoded, together with the whole value. */
const NAMED =
  /\b((?:[\w-]*(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|private[_-]?key))|pass|pwd|auth)(["']?\s*(?:=|%3d))\s*("[^"]*"|'[^']*'|[^\s&;,"']+)/gi

/**
 * `user:password@host` without a scheme, because a URL may have lost its scheme. SIP URIs are excluded: before the user they
 * have a scheme and no slashes.
 */
const USER_INFO = /(^|[\s"'(/])(?!sips?:|tel:|mailto:)([^\s"'(/@:]{0,256}):([^\s"'@]{1,256})@(?=[\w[])/gi

/**
 * The text without anything that may be a secret. In doubt, too much is removed: everything before an `@`, everything behind
 * a `?` or a `#`, and the whole of a URL if its host is not clear.
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
  // An `@` follows the apparent host. The password may contain a slash or a question mark, so its end is not known.
  if (tail.includes('@') || /%40/i.test(tail)) return `${scheme}${REDACTED}`
  const userEnd = authority.lastIndexOf('@')
  const host = authority.slice(userEnd + 1)
  const queryAt = tail.search(/[?#]/)
  const path = queryAt === -1 ? tail : tail.slice(0, queryAt)
  if (!PLAIN.test(host + path)) return `${scheme}${REDACTED}`
  const user = userEnd === -1 ? '' : `${REDACTED}@`
  return `${scheme}${user}${host}${path}${queryAt === -1 ? '' : `${tail[queryAt]}${REDACTED}`}`
}
