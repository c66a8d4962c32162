import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import { MAX_NETWORK_LENGTH } from './limits.ts'
import { uniqueStrings, withRules } from './validation-rule.ts'

const MESSAGE = 'write an IPv4 or IPv6 address, or a network in CIDR form such as 203.0.113.0/24'

const network = withRules(z.string().min(1).max(MAX_NETWORK_LENGTH), {
  cel: 'isIP(self) || isCIDR(self)',
  message: MESSAGE,
  holds: (text) => networkFault(text) === undefined,
  explain: (text) => networkFault(text) ?? MESSAGE,
}).describe('An IPv4 or IPv6 address, or a network in CIDR form. Bits beyond the prefix length are ignored.')

/** The schema of a list of addresses and networks. No entry may be in the list twice. */
export function networkList(bounds: { min: number; max: number }) {
  return uniqueStrings(z.array(network).min(bounds.min).max(bounds.max))
}

/**
 * Whether the text is an address in one of the allowed forms. An address with a zone is not allowed, and an IPv4 address must
 * not be written in IPv6 form. Kubernetes' `isIP` has the same rules.
 */
export function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%') && !IPV4_MAPPED.test(text))
}

/**
 * Whether a single machine can have this address. Three kinds of address are excluded: unspecified (all of 0.0.0.0/8: RFC 1122
 * §3.2.1.3), multicast (RFC 5771, RFC 4291 §2.7) and broadcast (RFC 919 §7).
 */
export function isCallable(address: string): boolean {
  return !/^(0[.]|[0:.]+$|(22[4-9]|23[0-9])[.]|255[.]255[.]255[.]255$|ff[0-9a-f]{2}:)/i.test(address)
}

/** An IPv4 address that is written in IPv6 form (RFC 4291 §2.5.5.2). */
const IPV4_MAPPED = /^[0:]*:ffff:([0-9.]*\.[0-9.]*|[0-9a-f]+:[0-9a-f]+)$/i

/** The fault of a network, in words. Undefined if the network is valid. */
function networkFault(text: string): string | undefined {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  if (!isAddress(address)) return `${text} is not an address or network: ${MESSAGE}`
  if (slash === -1) return undefined
  const bits = isIPv4(address) ? 32 : 128
  const length = text.slice(slash + 1)
  if (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= bits) return undefined
  return `${text} is not a network: the prefix length is a number from 0 to ${bits}, not "${length}"`
}
