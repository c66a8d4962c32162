import { type IpAddress, parseIpPrefix } from '../address/ip-address.ts'
import { AddressTable } from './address-table.ts'

/**
 * Networks that rules name. Each network is stored once, however many rules name it. A text that is no network contains no
 * address.
 */
export interface NetworkUses {
  add(networks: readonly string[]): void
  /** Removes networks that were added before. If a network was added twice, one of the two stays. */
  remove(networks: readonly string[]): void
  has(address: IpAddress): boolean
}

export function createNetworkUses(): NetworkUses {
  const uses = new Map<string, number>()
  const table = new AddressTable<string>()
  return {
    add: (networks) => {
      for (const text of networks) {
        const before = uses.get(text) ?? 0
        uses.set(text, before + 1)
        const prefix = before === 0 ? parseIpPrefix(text) : undefined
        if (prefix) table.add(prefix, text)
      }
    },
    remove: (networks) => {
      for (const text of networks) {
        const left = (uses.get(text) ?? 0) - 1
        if (left > 0) uses.set(text, left)
        if (left !== 0) continue
        uses.delete(text)
        const prefix = parseIpPrefix(text)
        if (prefix) table.remove(prefix, text)
      }
    },
    has: (address) => uses.size > 0 && table.find(address).size > 0,
  }
}
