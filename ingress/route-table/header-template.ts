/**
 * Parses the template of a header value and finds the place of each placeholder. A caller may write quotes, commas and line
 * breaks into its user part. The place decides how they are escaped. A rule with a placeholder at a place where they cannot
 * be escaped is refused.
 *
 * `quoted`: inside quotation marks (RFC 3261 §25.1 quoted-string). `uri`: in a part of a URI that may contain escapes,
 * which is the user part or a parameter's value. `query`: in a web address after the `?`, where a `+` means a space.
 * `token`: the value of a header's parameter. `text`: any other place outside of quotes.
 */

/** The names that a rule may write in braces. */
export type PlaceholderName = 'called' | 'calling' | 'trunk' | 'rule'

export type Place = 'quoted' | 'uri' | 'query' | 'token' | 'text'

export interface Placeholder {
  readonly name: PlaceholderName
  readonly place: Place
  /** Whether the placeholder is the only content of a place that must not be empty: a user part, or a parameter's value. */
  readonly alone: boolean
}

/** A placeholder at a place where a value cannot be escaped. */
export interface UnclearPlace {
  readonly name: PlaceholderName
  /** Words that name the place of the placeholder and say what to write instead. */
  readonly problem: string
}

export interface HeaderTemplate {
  /** Literal text and placeholders, in order. */
  readonly parts: readonly (string | Placeholder)[]
  /**
   * The first placeholder with an unclear place. Its `Placeholder.place` is `token`, because `token` escapes the most
   * characters.
   */
  readonly unclear: UnclearPlace | undefined
}

/** Text in quotation marks or angle brackets. The marks or brackets are a part of the match. */
const CLOSED = /"(?:[^"\\]|\\.)*"|<[^>]*>/g
const PLACEHOLDER = /\{(called|calling|trunk|rule)\}/g
const IN_USER_PART = 'write it into a user part, as <sip:{called}@host>, or between quotation marks'

export function parseHeaderTemplate(template: string): HeaderTemplate {
  // Each placeholder is replaced by one letter. This is enough to find places, because an escaped value contains no more
  // structure than a letter.
  const whole = template.replace(PLACEHOLDER, 'x')
  const parts: (string | Placeholder)[] = []
  let unclear: UnclearPlace | undefined
  let end = 0
  let shift = 0
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [text, word] = match
    const name = word as PlaceholderName
    const found = placeAt(whole, match.index - shift)
    if (typeof found !== 'string') unclear ??= { name, problem: found.problem.replace('{called}', text) }
    const place = typeof found === 'string' ? found : 'token'
    if (match.index > end) parts.push(template.slice(end, match.index))
    parts.push({ name, place, alone: isAlone(whole, match.index - shift, place) })
    end = match.index + text.length
    shift += text.length - 1
  }
  if (end < template.length) parts.push(template.slice(end))
  return { parts, unclear }
}

interface TemplateProblem {
  readonly problem: string
}

const IN_URI_HEADERS: TemplateProblem = { problem: `stands in the headers of a URI: ${IN_USER_PART}` }

/** The place of the character at index `at` of the text. */
function placeAt(text: string, at: number): Place | TemplateProblem {
  const { quoteAt, angleAt, escaped } = openAt(text, at)
  if (escaped) return { problem: 'stands behind a backslash: write two, or none' }
  if (quoteAt !== -1) {
    return closingQuote(text, at) === -1 ? { problem: 'stands behind a quotation mark that is never closed' } : 'quoted'
  }
  if (/%[0-9a-f]?$/i.test(text.slice(0, at))) {
    return { problem: 'stands behind a % that would make an escape of it: write %25, or something between the two' }
  }
  if (angleAt === -1) return placeInText(text, at)
  const end = text.indexOf('>', at)
  if (end === -1) return { problem: 'stands behind a < that is never closed' }
  return placeInUri(text.slice(angleAt, end), at - angleAt)
}

interface Open {
  /** Index of the quotation mark that is still open. -1 if none is open. */
  readonly quoteAt: number
  /** Index of the character after the angle bracket that is still open. -1 if none is open. */
  readonly angleAt: number
  /** Whether a backslash inside quotes escapes the character at index `end`. */
  readonly escaped: boolean
}

function openAt(text: string, end: number): Open {
  let quoteAt = -1
  let angleAt = -1
  let at = 0
  for (; at < end; at++) {
    const character = text[at]
    if (quoteAt !== -1) {
      if (character === '\\') at++
      else if (character === '"') quoteAt = -1
    } else if (character === '"') {
      quoteAt = at
    } else if (character === '<') {
      angleAt = at + 1
    } else if (character === '>') {
      angleAt = -1
    }
  }
  return { quoteAt, angleAt, escaped: at > end }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return -1
}

/**
 * The place of a character that is outside quotes and angle brackets. Such a character may also belong to a URI without
 * brackets (RFC 3261 §20.10) or to a parameter of the header.
 */
function placeInText(text: string, at: number): Place | TemplateProblem {
  const before = text.slice(0, at).replace(CLOSED, (closed) => ' '.repeat(closed.length))
  if (/(^|[\s,=])sips?:[^\s,;]*\?[^\s,;]*$/i.test(before)) return IN_URI_HEADERS
  const start = before.search(/[^\s,=]*$/)
  const word = before.slice(start)
  if (/^(sips?|tel|https?|urn):/i.test(word)) {
    const end = text.slice(at).search(/[\s,>"]/)
    const uri = text.slice(start, end === -1 ? text.length : at + end)
    if (!word.includes(';') || isBeforeAt(text, at)) return placeInUri(uri, at - start)
  }
  const semicolon = before.lastIndexOf(';')
  if (semicolon > before.lastIndexOf(',') && !isBeforeAt(text, at)) {
    return before.slice(semicolon + 1).includes('=')
      ? 'token'
      : { problem: `stands in the name of a parameter: ${IN_USER_PART}` }
  }
  return word.includes('@') ? { problem: `stands in the place of a host: ${IN_USER_PART}` } : 'text'
}

/**
 * Whether the word at `at` continues up to an `@`. If so, the word is a user part, and its semicolons do not begin
 * parameters.
 */
function isBeforeAt(text: string, at: number): boolean {
  return /^[^\s,<>"@]*@/.test(text.slice(at))
}

/**
 * The place of a character in a URI. In a sip URI, only the user part and the values of parameters may contain escapes (RFC
 * 3261 §25.1).
 */
function placeInUri(uri: string, at: number): Place | TemplateProblem {
  const [whole = '', scheme = ''] = /^\s*([a-z][a-z0-9+.-]*):/i.exec(uri) ?? []
  if (whole === '' || at < whole.length) return { problem: `stands in the scheme of a URI: ${IN_USER_PART}` }
  const rest = uri.slice(whole.length)
  const offset = at - whole.length
  switch (scheme.toLowerCase()) {
    case 'sip':
    case 'sips':
      return placeInSipUri(rest, offset)
    case 'tel':
      return placeInParameters(rest, offset) ?? 'uri'
    case 'http':
    case 'https':
      return /^\/\/[^/?#]+[^?#]*\?/.test(rest.slice(0, offset))
        ? 'query'
        : { problem: 'stands in the host or the path of a URI: write it behind a ?' }
    default:
      return { problem: `stands in a ${scheme} URI, where nothing says how to escape it: ${IN_USER_PART}` }
  }
}

function placeInSipUri(rest: string, offset: number): Place | TemplateProblem {
  const host = rest.indexOf('@') + 1
  if (rest.indexOf('@', host) !== -1 && host > 0) return { problem: `stands in a URI with more than one @` }
  if (offset >= host) {
    const inParameters = placeInParameters(rest.slice(host), offset - host)
    return inParameters ?? { problem: `stands in the host of a URI: ${IN_USER_PART}` }
  }
  if (rest.slice(0, offset).includes(':')) return { problem: `stands in the password of a URI: ${IN_USER_PART}` }
  return 'uri'
}

/** Parameters that decide where and how a request is sent. Like a host, they can change the target. */
const TARGET_PARAMETERS = ['maddr', 'transport', 'method', 'ttl', 'lr']

/** The place of a character in the parameters of a URI. Undefined if `offset` is before the first parameter. */
function placeInParameters(text: string, offset: number): Place | TemplateProblem | undefined {
  const before = text.slice(0, offset)
  if (before.includes('?')) return IN_URI_HEADERS
  const semicolon = before.lastIndexOf(';')
  if (semicolon === -1) return undefined
  const [name = '', value] = before.slice(semicolon + 1).split('=', 2)
  if (value === undefined) return { problem: `stands in the name of a parameter: ${IN_USER_PART}` }
  if (TARGET_PARAMETERS.includes(name.trim().toLowerCase())) {
    return {
      problem: `stands in the parameter ${name.trim()} of a URI, which says where a request goes: ${IN_USER_PART}`,
    }
  }
  return 'uri'
}

function isAlone(text: string, at: number, place: Place): boolean {
  if (place === 'quoted' || place === 'text') return false
  return /[:=]\s*$/.test(text.slice(0, at)) && /^\s*([@;>?,&]|$)/.test(text.slice(at + 1))
}
