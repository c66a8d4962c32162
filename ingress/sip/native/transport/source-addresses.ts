import { type IpAddress, parseIpAddress } from '../../../address/ip-address.ts'
import { MAX_CACHED_SOURCE_ADDRESSES } from '../../limits.ts'

/** Reads the source text of packets with a memory: a peer's address is parsed once, not once a packet. */
export type SourceAddresses = (text: string) => IpAddress | undefined

/**
 * Two generations of at most `MAX_CACHED_SOURCE_ADDRESSES` each. When the young one is full it becomes the old one, and the old
 * one is forgotten. So a sweep of forged sources costs a bounded amount of memory, and active peers stay.
 */
export function createSourceAddresses(): SourceAddresses {
  let young = new Map<string, IpAddress>()
  let old = new Map<string, IpAddress>()
  return (text) => {
    const found = young.get(text)
    if (found) return found
    const address = old.get(text) ?? parseIpAddress(text)
    if (!address) return undefined
    if (young.size >= MAX_CACHED_SOURCE_ADDRESSES) {
      old = young
      young = new Map()
    }
    young.set(text, address)
    return address
  }
}
