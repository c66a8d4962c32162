/** Reads SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966). All text is latin1: one character is one byte of the message. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { MAX_PORT } from '../../address/port.ts'

export interface SipUri {
  /** The scheme in lower case. */
  readonly scheme: string
  /** The user as the sender wrote it, with escapes. In a tel URI, this is the subscriber number. */
  readonly user: string | undefined
  /**
   * The password as the sender wrote it. Present only if the user part has one (RFC 3261 §19.1.1 advises against passwords).
   */
  readonly password?: string
  /** The host in lower case, IPv6 in brackets. Only sip and sips URIs have a host; for all others this is `''`. */
  readonly host: string
  readonly port: number | undefined
  /** The parameters, raw, beginning with `;`. If there are none, `''`. */
  readonly parameters: string
  /** The headers of the URI, raw, beginning with `?`. If there are none, `''`. */
  readonly headers: string
}

const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*$/
const HOST_CHARACTERS = Uint8Array.from({ length: 256 }, (_, code) => {
  return /[a-zA-Z0-9_.-]/.test(String.fromCharCode(code)) ? 1 : 0
})
const OPEN_BRACKET = 0x5b
/** RFC 3966 §3: the number of a tel URI. It is global (it begins with `+`), or local (hexadecimal digits, `*` and `#`). */
const TEL_NUMBER = /^(?:\+[-.()]*\d[-.()\d]*|[-.()]*[\da-fA-F*#][-.()\da-fA-F*#]*)$/
const MAX_PORT_DIGITS = 5

/**
 * Reads a URI. Undefined if the text is not a URI. For a scheme other than sip, sips and tel, only `scheme` is set, so that the
 * calling code can answer 416 (RFC 3261 §8.2.2.1).
 */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  if (colon === -1 || rest === '' || !isUriText(text)) return undefined
  const scheme = text.startsWith('sip:') ? 'sip' : text.slice(0, colon).toLowerCase()
  if (!SCHEME.test(scheme)) return undefined
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, rest)
  if (scheme === 'tel') return parseTel(rest)
  return { scheme, user: undefined, host: '', port: undefined, parameters: '', headers: '' }
}

/**
 * The raw value of a URI parameter. `''` for a parameter without a value. Undefined for an absent parameter. Upper and lower
 * case in the name mean the same.
 */
export function uriParameter(uri: SipUri, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const { parameters } = uri
  let at = 0
  while (at < parameters.length) {
    const next = parameters.indexOf(';', at + 1)
    const end = next === -1 ? parameters.length : next
    const part = parameters.slice(at + 1, end)
    const equals = part.indexOf('=')
    if ((equals === -1 ? part : part.slice(0, equals)).toLowerCase() === wanted) {
      return equals === -1 ? '' : part.slice(equals + 1)
    }
    at = end
  }
  return undefined
}

/**
 * The user part that a SIP URI for the same user has, with escapes. For a tel URI, it is made from the number and its
 * parameters (RFC 3261 §19.1.6).
 */
export function sipUserOf(uri: SipUri): string | undefined {
  return uri.scheme === 'tel' && uri.user !== undefined ? `${uri.user}${subscriberParameters(uri)}` : uri.user
}

/**
 * RFC 3261 §19.1.6: the parameters of a telephone number, in lower case and sorted by name, so that equal tel URIs give equal
 * SIP URIs. RFC 3966 §3: extension and subaddress come first, then the context.
 */
function subscriberParameters({ parameters }: SipUri): string {
  if (parameters === '') return ''
  const folded = parameters.toLowerCase().split(';').filter(Boolean)
  const placed = folded.map((text) => ({ text, name: text.split('=', 1)[0] ?? '' }))
  placed.sort((a, b) => placeOf(a.name) - placeOf(b.name) || (a.name < b.name ? -1 : Number(a.name > b.name)))
  return placed.map(({ text }) => `;${escapeReserved(text)}`).join('')
}

const FIRST_PARAMETERS = ['isub', 'ext', 'postd', 'phone-context']

function placeOf(name: string): number {
  const place = FIRST_PARAMETERS.indexOf(name)
  return place === -1 ? FIRST_PARAMETERS.length : place
}

/**
 * Escapes `[`, `]` and `:`. A tel URI may contain these characters, and the user part of a SIP URI may not (RFC 3261 §25.1).
 * Escapes that the tel URI already has stay as they are.
 */
function escapeReserved(text: string): string {
  return text.replace(/[^a-z0-9\-_.!~*'()&=+$,;?/%]/g, escapeByte)
}

/** Decodes the user part. Its escapes are UTF-8 (RFC 3261 §19.1.2). A `%` that is not part of an escape stays. */
export function decodeUser(raw: string): string {
  if (isPlain(raw)) return raw
  const unescaped = raw.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(unescaped, 'latin1').toString('utf8')
}

/**
 * Encodes any text as a user part, in UTF-8. Only the characters `unreserved` and `user-unreserved` of RFC 3261 §25.1 are not
 * escaped.
 */
export function escapeUser(text: string): string {
  if (/^[a-zA-Z0-9+]*$/.test(text)) return text
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  return bytes.replace(/[^a-zA-Z0-9\-_.!~*'()&=+$,;?/]/g, escapeByte)
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/**
 * Whether the text has only characters of a URI. White space, controls, quotes and angle brackets are not allowed (RFC 3986
 * §2).
 */
function isUriText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x7f) return false
  }
  return true
}

/** Whether the text is ASCII without escapes. Then decoding would change nothing. */
function isPlain(raw: string): boolean {
  for (let i = 0; i < raw.length; i++) if (raw.charCodeAt(i) > 0x7f || raw[i] === '%') return false
  return true
}

function parseSip(scheme: string, rest: string): SipUri | undefined {
  const at = rest.indexOf('@')
  const userInfo = at === -1 ? undefined : rest.slice(0, at)
  // RFC 3261 §25.1: a user part is not empty. The `@` after it is the only `@` without an escape.
  if (userInfo === '' || rest.indexOf('@', at + 1) !== -1) return undefined
  const afterUser = rest.slice(at + 1)
  const hostEnd = endOfHost(afterUser)
  const hostPort = splitHostPort(afterUser.slice(0, hostEnd))
  if (hostPort === undefined) return undefined
  const question = afterUser.indexOf('?', hostEnd)
  const parametersEnd = question === -1 ? afterUser.length : question
  const colon = userInfo?.indexOf(':') ?? -1
  const user = colon === -1 ? userInfo : userInfo?.slice(0, colon)
  if (user === '') return undefined
  const uri = {
    scheme,
    user,
    host: hostPort.host,
    port: hostPort.port,
    parameters: afterUser.slice(hostEnd, parametersEnd),
    headers: afterUser.slice(parametersEnd),
  }
  return colon === -1 || userInfo === undefined ? uri : { ...uri, password: userInfo.slice(colon + 1) }
}

function parseTel(rest: string): SipUri | undefined {
  const semicolon = rest.indexOf(';')
  const user = semicolon === -1 ? rest : rest.slice(0, semicolon)
  if (!TEL_NUMBER.test(user)) return undefined
  const parameters = semicolon === -1 ? '' : rest.slice(semicolon)
  return { scheme: 'tel', user, host: '', port: undefined, parameters, headers: '' }
}

function endOfHost(text: string): number {
  for (let i = 0; i < text.length; i++) if (text[i] === ';' || text[i] === '?') return i
  return text.length
}

/** The host in lower case, with IPv6 in brackets (RFC 3261 §25.1). Undefined if the text is not a host. */
export function hostOf(text: string): string | undefined {
  if (text.charCodeAt(0) !== OPEN_BRACKET) return isHostName(text) ? lowerHost(text) : undefined
  // RFC 3261 §25.1: an IPv6 address in a URI has no zone (`%` and a name).
  if (!text.endsWith(']') || text.includes('%')) return undefined
  // RFC 5118 §4.10: before an embedded IPv4 address, the grammar also allows `:::`, so we must accept that spelling.
  const address = parseIpAddress(text.includes('.') ? text.replace(':::', '::') : text)
  return address && text.toLowerCase()
}

/** The port at `start`..`end`, from 0 to 65535. Undefined if the text is not a port. */
export function portOf(text: string, start: number, end: number): number | undefined {
  if (end === start || end - start > MAX_PORT_DIGITS) return undefined
  let port = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    port = port * 10 + digit
  }
  return port <= MAX_PORT ? port : undefined
}

function splitHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const bracket = text.charCodeAt(0) === OPEN_BRACKET ? text.indexOf(']') : 0
  const colon = text.indexOf(':', Math.max(bracket, 0))
  const host = hostOf(withoutZone(colon === -1 ? text : text.slice(0, colon)))
  if (host === undefined) return undefined
  if (colon === -1) return { host, port: undefined }
  const port = portOf(text, colon + 1, text.length)
  return port === undefined ? undefined : { host, port }
}

/**
 * Removes the zone of a link-local address (RFC 6874 §2). User agents write such zones into Contact, and a zone has a meaning
 * only on the machine that wrote it.
 */
function withoutZone(host: string): string {
  const zone = host.charCodeAt(0) === OPEN_BRACKET ? host.indexOf('%25') : -1
  return zone === -1 || !host.endsWith(']') ? host : `${host.slice(0, zone)}]`
}

/**
 * Whether a host name has only letters, digits, dots, hyphens and underscores. Underscores are accepted, because DNS names of
 * services may have them.
 */
function isHostName(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (HOST_CHARACTERS[text.charCodeAt(i)] !== 1) return false
  return text !== '' && !text.startsWith('-') && !text.startsWith('.') && !text.endsWith('-')
}

/** The host in lower case. If it already is in lower case, as most hosts are, no new string is made. */
function lowerHost(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x41 && code <= 0x5a) return text.toLowerCase()
  }
  return text
}
