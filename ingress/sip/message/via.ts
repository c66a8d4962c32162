/** Reads the Via header (RFC 3261 §20.42, RFC 3581). */
import { BACKSLASH, COLON, COMMA, EQUALS, firstComma, isLws, QUOTE, SEMICOLON, SP } from './byte-class.ts'
import { HEADER } from './header-name.ts'
import type { SipMessage } from './sip-message.ts'
import { hostOf, portOf } from './uri.ts'

export interface Via {
  /** The transport in upper case. */
  readonly transport: string
  /** The host of sent-by, in lower case, with IPv6 in brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly branch: string | undefined
  readonly received: string | undefined
  /** `''`: the parameter without a value, by which a sender asks for its source port (RFC 3581 §3). */
  readonly rport: number | '' | undefined
  /** All parameters, raw, beginning with `;`. If there are none, `''`. */
  readonly parameters: string
}

/** One parameter. The name is in lower case. The value is undefined if the parameter is only a name. */
interface ViaParameter {
  readonly name: string
  readonly value: string | undefined
}

const SLASH = 0x2f
const OPEN_BRACKET = 0x5b
/**
 * For each character that ends a token or a host name, 1. These are white space, controls, `/ : ; , = "` and angle brackets.
 */
const ENDS_TOKEN = Uint8Array.from({ length: 256 }, (_, code) => {
  return code <= SP || '/:;,="<>'.includes(String.fromCharCode(code)) ? 1 : 0
})

interface Cursor {
  readonly text: string
  at: number
}

/**
 * Reads one Via value (not a list of them). Undefined if the value does not fit the grammar. Unknown parameters are accepted
 * (RFC 5393 §4.2.4), and empty ones (`;;`) are refused. White space around slashes and the colon is accepted (RFC 3261 §25.1).
 */
export function parseVia(text: string): Via | undefined {
  const cursor = { text, at: 0 }
  const transport = readTransport(cursor)
  const sentBy = transport && readSentBy(cursor)
  if (!transport || !sentBy) return undefined
  const from = cursor.at
  let branch: string | undefined
  let received: string | undefined
  let rport: number | '' | undefined
  while (cursor.at < text.length) {
    const parameter = readParameter(cursor)
    if (parameter === undefined) return undefined
    if (parameter.name === 'branch') branch ??= parameter.value ?? ''
    else if (parameter.name === 'received') received ??= parameter.value ?? ''
    else if (parameter.name === 'rport') rport ??= portOrFlag(parameter.value)
  }
  return { transport, host: sentBy.host, port: sentBy.port, branch, received, rport, parameters: text.slice(from) }
}

/**
 * The offset after the first value of the first Via line. If a second value follows in that line, its comma is at this offset.
 * If there is no Via, 0.
 */
export function topViaEnd(message: SipMessage): number {
  const row = message.first(HEADER.via)
  return row === -1 ? 0 : firstComma(message.bytes, message.valueStart(row), message.valueEnd(row))
}

/** Whether there is a Via value below the top one. If a response has none, it has reached its destination. */
export function hasLowerVia(message: SipMessage): boolean {
  const row = message.first(HEADER.via)
  return row !== -1 && (message.next(HEADER.via, row) !== -1 || topViaEnd(message) < message.valueEnd(row))
}

/** RFC 3261 §25.1: sent-protocol is `name / version / transport`. Reads it and returns the transport in upper case. */
function readTransport(cursor: Cursor): string | undefined {
  const { text } = cursor
  for (let part = 0; part < 2; part++) {
    const start = cursor.at
    cursor.at = tokenEnd(text, start)
    if (cursor.at === start) return undefined
    cursor.at = spaceEnd(text, cursor.at)
    if (text.charCodeAt(cursor.at) !== SLASH) return undefined
    cursor.at = spaceEnd(text, cursor.at + 1)
  }
  const start = cursor.at
  cursor.at = tokenEnd(text, start)
  if (cursor.at === start) return undefined
  if (text.startsWith('UDP', start) && cursor.at === start + 3) return 'UDP'
  return text.slice(start, cursor.at).toUpperCase()
}

function readSentBy(cursor: Cursor): { host: string; port: number | undefined } | undefined {
  const { text } = cursor
  const start = spaceEnd(text, cursor.at)
  const hostStart = text.charCodeAt(start) === OPEN_BRACKET ? text.indexOf(']', start) : start
  if (start === cursor.at || hostStart === -1) return undefined
  const hostEnd = tokenEnd(text, hostStart)
  const host = hostOf(text.slice(start, hostEnd))
  cursor.at = spaceEnd(text, hostEnd)
  if (host === undefined) return undefined
  if (text.charCodeAt(cursor.at) !== COLON) return { host, port: undefined }
  const portStart = spaceEnd(text, cursor.at + 1)
  const portEnd = tokenEnd(text, portStart)
  cursor.at = spaceEnd(text, portEnd)
  const port = portOf(text, portStart, portEnd)
  return port === undefined ? undefined : { host, port }
}

/**
 * Reads one parameter. RFC 3261 §25.1 generic-param: `; token [ = token / host / quoted-string ]`. The returned name is in
 * lower case.
 */
function readParameter(cursor: Cursor): ViaParameter | undefined {
  const { text, at: start } = cursor
  if (text.charCodeAt(start) !== SEMICOLON) return undefined
  const nameStart = spaceEnd(text, start + 1)
  const nameEnd = tokenEnd(text, nameStart)
  if (nameEnd === nameStart) return undefined
  const name = lowerName(text.slice(nameStart, nameEnd))
  cursor.at = spaceEnd(text, nameEnd)
  if (text.charCodeAt(cursor.at) !== EQUALS) return { name, value: undefined }
  const valueStart = spaceEnd(text, cursor.at + 1)
  const end = text.charCodeAt(valueStart) === QUOTE ? quotedEnd(text, valueStart) : valueEnd(text, valueStart)
  if (end === -1) return undefined
  cursor.at = spaceEnd(text, end)
  return { name, value: text.slice(valueStart, end) }
}

/** The name in lower case. The three names that are used here usually come in lower case, and then no new string is made. */
function lowerName(name: string): string {
  return name === 'branch' || name === 'rport' || name === 'received' ? name : name.toLowerCase()
}

function tokenEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && ENDS_TOKEN[text.charCodeAt(at)] !== 1) at++
  return at
}

/** The offset after a value. A value may contain colons and brackets, such as `received=2001:db8::1`. */
function valueEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && !isValueBreak(text.charCodeAt(at))) at++
  return at
}

/** The offset after the closing quote. If the quote is not closed, -1. */
function quotedEnd(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at < text.length ? at + 1 : -1
}

function spaceEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && isLws(text.charCodeAt(at))) at++
  return at
}

function isValueBreak(code: number): boolean {
  return code <= SP || code === SEMICOLON || code === COMMA || code === QUOTE
}

/**
 * RFC 3581 §3: an `rport` with an invalid port is read as an `rport` without a value. In both cases the response goes to the
 * source port.
 */
function portOrFlag(value: string | undefined): number | '' {
  return (value && portOf(value, 0, value.length)) || ''
}
