/** Reads SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966). All text is latin1: one character is one byte of the message. */
import { UriRange } from './uri-range.ts'

export interface SipUri {
  /** The scheme in lower case. */
  readonly scheme: string
  /** The user as the sender wrote it, with escapes. In a tel URI, this is the subscriber number. */
  readonly user: string | undefined
  /**
   * The password as the sender wrote it. Present only if the user part has one (RFC 3261 §19.1.1 advises against passwords).
   */
  readonly password?: string | undefined
  /** The host in lower case, IPv6 in brackets. Only sip and sips URIs have a host; for all others this is `''`. */
  readonly host: string
  readonly port: number | undefined
  /** The parameters, raw, beginning with `;`. If there are none, `''`. */
  readonly parameters: string
  /** The headers of the URI, raw, beginning with `?`. If there are none, `''`. */
  readonly headers: string
}

const PERCENT = 0x25

/**
 * Reads a URI. Undefined if the text is not a URI. For a scheme other than sip, sips and tel, only `scheme` is set, so that the
 * calling code can answer 416 (RFC 3261 §8.2.2.1).
 */
export function parseUri(text: string): SipUri | undefined {
  const uri = new UriRange()
  return uri.read(Buffer.from(text, 'latin1'), 0, text.length) ? uri : undefined
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

/** Whether the text is ASCII without escapes. Then decoding would change nothing. */
function isPlain(raw: string): boolean {
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    if (code > 0x7f || code === PERCENT) return false
  }
  return true
}
