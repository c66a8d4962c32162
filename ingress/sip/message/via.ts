/** Reads the Via header (RFC 3261 §20.42, RFC 3581). */
import {
  BACKSLASH,
  COLON,
  COMMA,
  EQUALS,
  isLws,
  isWord,
  latin1,
  NO_BYTES,
  QUOTE,
  SEMICOLON,
  SP,
  skipLws,
} from './byte-class.ts'
import { HEADER } from './header-name.ts'
import { hostIs, isHost, lowerHost, portAt } from './host-port.ts'
import type { SipMessage } from './sip-message.ts'

const SLASH = 0x2f
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
/**
 * For each byte that ends a token or a host name, 1. These are white space, controls, `/ : ; , = "` and angle brackets.
 */
const ENDS_TOKEN = Uint8Array.from({ length: 256 }, (_, code) => {
  return code <= SP || '/:;,="<>'.includes(String.fromCharCode(code)) ? 1 : 0
})

/**
 * One Via value, as offsets into the bytes of its message. It is valid as long as these bytes. A text is made only when it is
 * read. One instance may be used for value after value.
 */
export class Via {
  private bytes: Buffer = NO_BYTES
  /** The transport in upper case. */
  transport = ''
  /** The host of sent-by, in upper or lower case as the sender wrote it. IPv6 has its brackets. */
  hostStart = 0
  hostEnd = 0
  port: number | undefined
  /** The value of `branch`. Without a branch, -1. */
  branchStart = -1
  branchEnd = -1
  /** The value of `received`. Without it, -1. */
  receivedStart = -1
  receivedEnd = -1
  /** `''`: the parameter without a value, by which a sender asks for its source port (RFC 3581 §3). */
  rport: number | '' | undefined
  /** All parameters. The range begins with `;`, or it is empty. */
  parametersStart = 0
  parametersEnd = 0
  private hostText: string | undefined
  private branchText: string | undefined

  /** The host of sent-by, in lower case, with IPv6 in brackets. */
  get host(): string {
    this.hostText ??= lowerHost(latin1(this.bytes, this.hostStart, this.hostEnd))
    return this.hostText
  }

  get branch(): string | undefined {
    if (this.branchStart === -1) return undefined
    this.branchText ??= latin1(this.bytes, this.branchStart, this.branchEnd)
    return this.branchText
  }

  get received(): string | undefined {
    return this.receivedStart === -1 ? undefined : latin1(this.bytes, this.receivedStart, this.receivedEnd)
  }

  /** All parameters, raw, beginning with `;`. If there are none, `''`. */
  get parameters(): string {
    return latin1(this.bytes, this.parametersStart, this.parametersEnd)
  }

  /** Whether `host` is this text, which is in lower case. No string is made. */
  isHost(text: string): boolean {
    return hostIs(this.bytes, { start: this.hostStart, end: this.hostEnd, text })
  }

  /** Reads the value at `start`..`end`. Returns whether it fits the grammar. If not, this object must not be used. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes
    this.hostText = undefined
    this.branchText = undefined
    this.port = undefined
    this.branchStart = -1
    this.receivedStart = -1
    this.rport = undefined
    let at = this.readTransport(start, end)
    if (at !== -1) at = this.readSentBy(at, end)
    this.parametersStart = at
    this.parametersEnd = end
    while (at !== -1 && at < end) at = this.readParameter(at, end)
    return at !== -1
  }

  /**
   * Makes this the same value as `from`. The bytes of that value were copied into `bytes`, where their offsets are smaller by
   * `shift`.
   */
  moveFrom(from: Via, bytes: Buffer, shift: number): void {
    this.bytes = bytes
    this.transport = from.transport
    this.hostStart = from.hostStart - shift
    this.hostEnd = from.hostEnd - shift
    this.port = from.port
    this.branchStart = from.branchStart === -1 ? -1 : from.branchStart - shift
    this.branchEnd = from.branchEnd - shift
    this.receivedStart = from.receivedStart === -1 ? -1 : from.receivedStart - shift
    this.receivedEnd = from.receivedEnd - shift
    this.rport = from.rport
    this.parametersStart = from.parametersStart - shift
    this.parametersEnd = from.parametersEnd - shift
    this.hostText = from.hostText
    this.branchText = from.branchText
  }

  /** RFC 3261 §25.1: sent-protocol is `name / version / transport`. Returns the offset after it, or -1. */
  private readTransport(start: number, end: number): number {
    const { bytes } = this
    let at = start
    for (let part = 0; part < 2; part++) {
      const after = tokenEnd(bytes, at, end)
      if (after === at) return -1
      at = skipLws(bytes, after, end)
      if (at >= end || bytes[at] !== SLASH) return -1
      at = skipLws(bytes, at + 1, end)
    }
    const after = tokenEnd(bytes, at, end)
    if (after === at) return -1
    this.transport = transportAt(bytes, at, after)
    return after
  }

  /** Reads the host and the port. Returns the offset of the parameters, or -1. */
  private readSentBy(from: number, end: number): number {
    const { bytes } = this
    const start = skipLws(bytes, from, end)
    let last = start
    if (bytes[start] === OPEN_BRACKET) while (last < end && bytes[last] !== CLOSE_BRACKET) last++
    if (start === from || last >= end) return -1
    const hostEnd = tokenEnd(bytes, last, end)
    this.hostStart = start
    this.hostEnd = hostEnd
    const colon = skipLws(bytes, hostEnd, end)
    if (!isHost(bytes, start, hostEnd)) return -1
    if (colon >= end || bytes[colon] !== COLON) return colon
    const portStart = skipLws(bytes, colon + 1, end)
    const portEnd = tokenEnd(bytes, portStart, end)
    const port = portAt(bytes, portStart, portEnd)
    this.port = port
    return port === -1 ? -1 : skipLws(bytes, portEnd, end)
  }

  /**
   * Reads one parameter. RFC 3261 §25.1 generic-param: `; token [ = token / host / quoted-string ]`. Returns the offset after
   * it, or -1.
   */
  private readParameter(start: number, end: number): number {
    const { bytes } = this
    if (bytes[start] !== SEMICOLON) return -1
    const name = skipLws(bytes, start + 1, end)
    const nameEnd = tokenEnd(bytes, name, end)
    if (nameEnd === name) return -1
    const equals = skipLws(bytes, nameEnd, end)
    if (equals >= end || bytes[equals] !== EQUALS) {
      this.take(name, nameEnd, equals, equals)
      return equals
    }
    const value = skipLws(bytes, equals + 1, end)
    const after = bytes[value] === QUOTE && value < end ? quotedEnd(bytes, value, end) : valueEnd(bytes, value, end)
    if (after === -1) return -1
    this.take(name, nameEnd, value, after)
    return skipLws(bytes, after, end)
  }

  /** Of a parameter that is repeated, the first value counts. */
  private take(name: number, nameEnd: number, value: number, end: number): void {
    const { bytes } = this
    const length = nameEnd - name
    if (length === 6 && this.branchStart === -1 && isWord(bytes, name, 'branch')) {
      this.branchStart = value
      this.branchEnd = end
    } else if (length === 8 && this.receivedStart === -1 && isWord(bytes, name, 'received')) {
      this.receivedStart = value
      this.receivedEnd = end
    } else if (length === 5 && this.rport === undefined && isWord(bytes, name, 'rport')) {
      // RFC 3581 §3: an `rport` with an invalid port is read as an `rport` without a value. In both cases the response goes to
      // the source port.
      const port = portAt(bytes, value, end)
      this.rport = port > 0 ? port : ''
    }
  }
}

/**
 * Reads one Via value (not a list of them) from latin1 text. Undefined if the value does not fit the grammar. Unknown
 * parameters are accepted (RFC 5393 §4.2.4), and empty ones (`;;`) are refused. White space around slashes and the colon is
 * accepted (RFC 3261 §25.1).
 */
export function parseVia(text: string): Via | undefined {
  const via = new Via()
  return via.read(Buffer.from(text, 'latin1'), 0, text.length) ? via : undefined
}

/** Reads the top Via of a message. False if there is none, or if it does not fit the grammar. */
export function readTopVia(via: Via, message: SipMessage): boolean {
  const row = message.first(HEADER.via)
  if (row === -1) return false
  const { bytes } = message
  const start = message.valueStart(row)
  let end = message.topViaEnd()
  while (end > start && isLws(bytes[end - 1])) end--
  return via.read(bytes, start, end)
}

/** Whether there is a Via value below the top one. If a response has none, it has reached its destination. */
export function hasLowerVia(message: SipMessage): boolean {
  const row = message.first(HEADER.via)
  return row !== -1 && (message.next(HEADER.via, row) !== -1 || message.topViaEnd() < message.valueEnd(row))
}

function transportAt(bytes: Buffer, start: number, end: number): string {
  if (end - start !== 3) return latin1(bytes, start, end).toUpperCase()
  if (isWord(bytes, start, 'udp')) return 'UDP'
  if (isWord(bytes, start, 'tcp')) return 'TCP'
  return isWord(bytes, start, 'tls') ? 'TLS' : latin1(bytes, start, end).toUpperCase()
}

function tokenEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && ENDS_TOKEN[bytes[at] ?? 0] !== 1) at++
  return at
}

/** The offset after a value. A value may contain colons and brackets, such as `received=2001:db8::1`. */
function valueEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && !isValueBreak(bytes[at] ?? 0)) at++
  return at
}

/** The offset after the closing quote. If the quote is not closed, -1. */
function quotedEnd(bytes: Buffer, from: number, end: number): number {
  let at = from + 1
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at < end ? at + 1 : -1
}

function isValueBreak(code: number): boolean {
  return code <= SP || code === SEMICOLON || code === COMMA || code === QUOTE
}
