/** Reads a URI from the bytes of a message (RFC 3261 §19.1, RFC 3966). */
import { isWord, latin1, NO_BYTES } from './byte-class.ts'
import { isHost, lowerHost, portAt } from './host-port.ts'

const SCHEME = /^[a-z][a-z0-9+.-]*$/
/** RFC 3966 §3: the number of a tel URI. It is global (it begins with `+`), or local (hexadecimal digits, `*` and `#`). */
const TEL_NUMBER = /^(?:\+[-.()]*\d[-.()\d]*|[-.()]*[\da-fA-F*#][-.()\da-fA-F*#]*)$/
const COLON = 0x3a
const AT = 0x40
const SEMICOLON = 0x3b
const QUESTION = 0x3f
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
/**
 * For each byte that a URI may have, 1. White space, controls, quotes and angle brackets are not allowed (RFC 3986 §2).
 */
const URI_BYTES = Uint8Array.from({ length: 256 }, (_, code) => {
  return code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x7f ? 0 : 1
})

/**
 * One URI, as offsets into bytes. Its texts are those of a `SipUri` (`uri.ts`). It is valid as long as these bytes. A text is
 * made only when it is read. One instance may be used for URI after URI. The start of an absent part is -1.
 */
export class UriRange {
  private bytes: Buffer = NO_BYTES
  scheme = ''
  userStart = -1
  userEnd = -1
  hostStart = -1
  hostEnd = -1
  port: number | undefined
  private passwordStart = -1
  private passwordEnd = -1
  private parametersStart = 0
  private headersStart = 0
  private end = 0
  private userText: string | undefined
  private hostText: string | undefined

  get user(): string | undefined {
    if (this.userStart === -1) return undefined
    this.userText ??= latin1(this.bytes, this.userStart, this.userEnd)
    return this.userText
  }

  get password(): string | undefined {
    return this.passwordStart === -1 ? undefined : latin1(this.bytes, this.passwordStart, this.passwordEnd)
  }

  get host(): string {
    this.hostText ??= this.hostStart === -1 ? '' : lowerHost(latin1(this.bytes, this.hostStart, this.hostEnd))
    return this.hostText
  }

  get parameters(): string {
    return this.textOf(this.parametersStart, this.headersStart)
  }

  get headers(): string {
    return this.textOf(this.headersStart, this.end)
  }

  get hasHeaders(): boolean {
    return this.headersStart < this.end
  }

  /** Reads the URI at `start`..`end`. Returns whether it is a URI. If not, this object must not be used. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.begin(bytes, end)
    const colon = indexOf(bytes, COLON, start, end)
    if (colon + 1 >= end) return false
    for (let at = start; at < end; at++) if (URI_BYTES[bytes[at] ?? 0] !== 1) return false
    this.scheme = schemeAt(bytes, start, colon)
    if (this.scheme === 'sip' || this.scheme === 'sips') return this.readSip(colon + 1, end)
    if (this.scheme === 'tel') return this.readTel(colon + 1, end)
    this.parametersStart = end
    this.headersStart = end
    return this.scheme !== ''
  }

  /**
   * Makes this the same URI as `from`. The bytes of that URI were copied into `bytes`, where their offsets are smaller by
   * `shift`.
   */
  moveFrom(from: UriRange, bytes: Buffer, shift: number): void {
    this.bytes = bytes
    this.scheme = from.scheme
    this.userStart = moved(from.userStart, shift)
    this.userEnd = from.userEnd - shift
    this.hostStart = moved(from.hostStart, shift)
    this.hostEnd = from.hostEnd - shift
    this.port = from.port
    this.passwordStart = moved(from.passwordStart, shift)
    this.passwordEnd = from.passwordEnd - shift
    this.parametersStart = from.parametersStart - shift
    this.headersStart = from.headersStart - shift
    this.end = from.end - shift
    this.userText = from.userText
    this.hostText = from.hostText
  }

  private begin(bytes: Buffer, end: number): void {
    this.bytes = bytes
    this.end = end
    this.userStart = -1
    this.hostStart = -1
    this.port = undefined
    this.passwordStart = -1
    this.userText = undefined
    this.hostText = undefined
  }

  private textOf(start: number, end: number): string {
    return start === end ? '' : latin1(this.bytes, start, end)
  }

  private readSip(start: number, end: number): boolean {
    const { bytes } = this
    const at = indexOf(bytes, AT, start, end)
    const hostStart = at === end ? start : at + 1
    // RFC 3261 §25.1: the `@` after the user part is the only `@` without an escape.
    if (indexOf(bytes, AT, hostStart, end) !== end || (at !== end && !this.takeUser(start, at))) return false
    let hostEnd = hostStart
    while (hostEnd < end && bytes[hostEnd] !== SEMICOLON && bytes[hostEnd] !== QUESTION) hostEnd++
    this.parametersStart = hostEnd
    this.headersStart = indexOf(bytes, QUESTION, hostEnd, end)
    return this.takeHostPort(hostStart, hostEnd)
  }

  /** Takes user and password. RFC 3261 §25.1: a user part is not empty. */
  private takeUser(start: number, end: number): boolean {
    const colon = indexOf(this.bytes, COLON, start, end)
    this.userStart = start
    this.userEnd = colon
    if (colon !== end) {
      this.passwordStart = colon + 1
      this.passwordEnd = end
    }
    return colon !== start
  }

  private takeHostPort(start: number, end: number): boolean {
    const { bytes } = this
    const close = bytes[start] === OPEN_BRACKET ? indexOf(bytes, CLOSE_BRACKET, start, end) : start
    const colon = indexOf(bytes, COLON, close === end ? start : close, end)
    this.hostStart = start
    this.hostEnd = colon
    if (bytes[start] === OPEN_BRACKET && start < end) return this.takeIpv6(start, colon) && this.takePort(colon, end)
    return isHost(bytes, start, colon) && this.takePort(colon, end)
  }

  private takePort(colon: number, end: number): boolean {
    if (colon === end) return true
    const port = portAt(this.bytes, colon + 1, end)
    this.port = port
    return port !== -1
  }

  /** Takes an IPv6 address in brackets, without its zone. */
  private takeIpv6(start: number, end: number): boolean {
    const text = latin1(this.bytes, start, end)
    const zone = text.indexOf('%25')
    if (zone === -1 || !text.endsWith(']')) return isHost(this.bytes, start, end)
    // RFC 6874 §2: user agents write the zone of a link-local address into Contact. A zone has a meaning only on the machine
    // that wrote it.
    const bare = Buffer.from(`${text.slice(0, zone)}]`, 'latin1')
    this.hostText = lowerHost(bare.toString('latin1'))
    return isHost(bare, 0, bare.length)
  }

  private readTel(start: number, end: number): boolean {
    this.userStart = start
    this.userEnd = indexOf(this.bytes, SEMICOLON, start, end)
    this.parametersStart = this.userEnd
    this.headersStart = end
    this.userText = latin1(this.bytes, start, this.userEnd)
    return TEL_NUMBER.test(this.userText)
  }
}

/** The scheme in lower case. If the bytes are not a scheme, `''`. */
function schemeAt(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  if (length === 3 && isWord(bytes, start, 'sip')) return 'sip'
  if (length === 4 && isWord(bytes, start, 'sips')) return 'sips'
  const scheme = latin1(bytes, start, end).toLowerCase()
  return SCHEME.test(scheme) ? scheme : ''
}

/** The offset of the first byte that has this value. If there is none, `end`. */
function indexOf(bytes: Buffer, byte: number, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== byte) at++
  return at
}

function moved(offset: number, shift: number): number {
  return offset === -1 ? -1 : offset - shift
}
