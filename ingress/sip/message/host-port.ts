/** Reads hosts and ports as they are in Via and in URIs (RFC 3261 §25.1), from the bytes. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { MAX_PORT } from '../../address/port.ts'
import { latin1, readDecimal } from './byte-class.ts'

const DOT = 0x2e
const HYPHEN = 0x2d
const OPEN_BRACKET = 0x5b
const MAX_PORT_DIGITS = 5
/** For each byte that a host name may have, 1. Names of services in DNS have underscores, so an underscore is accepted. */
const HOST_CHARACTERS = Uint8Array.from({ length: 256 }, (_, code) => {
  return /[a-zA-Z0-9_.-]/.test(String.fromCharCode(code)) ? 1 : 0
})

/** Whether the bytes are a host: a host name, an IPv4 address, or an IPv6 address in brackets. */
export function isHost(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start]
  if (first === OPEN_BRACKET) return isIpv6Reference(latin1(bytes, start, end))
  if (start >= end || first === HYPHEN || first === DOT || bytes[end - 1] === HYPHEN) return false
  for (let at = start; at < end; at++) if (HOST_CHARACTERS[bytes[at] ?? 0] !== 1) return false
  return true
}

/** The host in lower case. If it already is in lower case, as most hosts are, no new string is made. */
export function lowerHost(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x41 && code <= 0x5a) return text.toLowerCase()
  }
  return text
}

/** Whether the host in these bytes is `text`, which is in lower case. */
export function hostIs(bytes: Buffer, part: { start: number; end: number; text: string }): boolean {
  const { start, end, text } = part
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] ?? 0
    if ((byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte) !== text.charCodeAt(i)) return false
  }
  return true
}

/** The port, from 0 to 65535. If the bytes are not a port, -1. */
export function portAt(bytes: Buffer, start: number, end: number): number {
  return end - start > MAX_PORT_DIGITS ? -1 : readDecimal(bytes, start, end, MAX_PORT)
}

function isIpv6Reference(text: string): boolean {
  // RFC 3261 §25.1: an IPv6 address in a URI has no zone (`%` and a name).
  if (!text.endsWith(']') || text.includes('%')) return false
  // RFC 5118 §4.10: before an embedded IPv4 address, the grammar also allows `:::`, so we must accept that spelling.
  return parseIpAddress(text.includes('.') ? text.replace(':::', '::') : text) !== undefined
}
