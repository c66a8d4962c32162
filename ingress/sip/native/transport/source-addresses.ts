import { type IpAddress, parseIpAddress } from '../../../address/ip-address.ts'
import { MAX_CACHED_SOURCE_ADDRESSES } from '../../limits.ts'

/**
 * Parses the source address of packets. The result is remembered, so that a peer's address is parsed once and not for each
 * packet.
 */
export type SourceAddresses = (text: string) => IpAddress | undefined

/**
 * Uses two maps, `young` and `old`, of at most `MAX_CACHED_SOURCE_ADDRESSES` addresses each. When `young` is full, it replaces
 * `old`. So a flood of forged sources takes a limited amount of memory, and the addresses of active peers stay.
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
