import { type IpAddress, type IpPrefix, prefixContains } from '../address/ip-address.ts'

/**
 * Whether a stranger is one, or may be anyone at all: a packet that comes from the node or the pod itself has lost its
 * source to a Service that rewrites it, and the callers behind it cannot be told apart.
 */
export function strangerReason(address: IpAddress, ownAddress: readonly IpPrefix[]): 'stranger' | 'source_rewritten' {
  for (const own of ownAddress) if (prefixContains(own, address)) return 'source_rewritten'
  return 'stranger'
}
