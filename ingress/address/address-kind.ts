/** What an address can be used for (RFC 6890). The result depends on the address alone. */
import { type IpAddress, isUnspecified } from './ip-address.ts'

/**
 * Whether packets can be sent to the address if a URI names it. Such an address belongs to one host. It needs no zone,
 * because a URI cannot contain a zone.
 */
export function isUnicast(address: IpAddress): boolean {
  if (isUnspecified(address)) return false
  return address.family === 4 ? isUnicastV4(address.words[3]) : isUnicastV6(address)
}

export function isLoopback(address: IpAddress): boolean {
  const { words } = address
  if (address.family === 4) return words[3] >>> 24 === 127
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 1
}

/**
 * Whether the address has a meaning only inside its own network: RFC 1918, RFC 6598 (carriers' NAT), loopback and
 * link-local (RFC 3927, RFC 4291 §2.5.6), unique local (RFC 4193) and the former site-local range.
 */
export function isPrivate(address: IpAddress): boolean {
  if (isLoopback(address)) return true
  if (address.family === 4) return isPrivateV4(address.words[3])
  const top = address.words[0] >>> 22
  return address.words[0] >>> 25 === 0xfc >>> 1 || top === LINK_LOCAL || top === SITE_LOCAL
}

/** The first ten bits of `fe80::/10` and of `fec0::/10`. */
const LINK_LOCAL = 0xfe80 >>> 6
const SITE_LOCAL = 0xfec0 >>> 6

/** False for `0.0.0.0/8` (RFC 1122 §3.2.1.3), multicast (RFC 5771) and the limited broadcast (RFC 919). */
function isUnicastV4(value: number): boolean {
  return value >>> 24 !== 0 && value >>> 28 !== 14 && value !== 0xffffffff
}

/**
 * False for multicast, for link-local, and for `::a.b.c.d`, which has no route (RFC 4291 §2.5.5.1). A link-local address
 * needs a zone, and a URI cannot contain a zone.
 */
function isUnicastV6(address: IpAddress): boolean {
  const [a, b, c] = address.words
  if (a >>> 24 === 0xff || a >>> 22 === LINK_LOCAL) return false
  return a !== 0 || b !== 0 || c !== 0 || isLoopback(address)
}

function isPrivateV4(value: number): boolean {
  const first = value >>> 24
  if (first === 10) return true
  if (first === 172) return value >>> 20 === ((172 << 4) | 1)
  if (first === 192 || first === 169) return PRIVATE_HALVES.has(value >>> 16)
  return value >>> 22 === ((100 << 2) | 1)
}

/** The first 16 bits of `192.168.0.0/16` and of `169.254.0.0/16`. */
const PRIVATE_HALVES: ReadonlySet<number> = new Set([(192 << 8) | 168, (169 << 8) | 254])
