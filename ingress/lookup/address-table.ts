import { type IpAddress, type IpPrefix, maskWords } from '../address/ip-address.ts'

/**
 * IPv4 prefix lengths count in the 128-bit form. The first 96 bits of all IPv4 addresses are the same, so a key does not
 * contain them.
 */
const V4_OFFSET = 96

/** The networks of one address family. */
interface Family<T> {
  readonly byLength: Map<number, Map<number | string, T[]>>
  /** The prefix lengths of the networks, longest first. */
  lengths: readonly number[]
}

/**
 * Finds the values of the networks that contain an address. There is one lookup for each prefix length in use, longest
 * first.
 */
export class AddressTable<T> {
  readonly #v4: Family<T> = { byLength: new Map(), lengths: [] }
  readonly #v6: Family<T> = { byLength: new Map(), lengths: [] }

  add(prefix: IpPrefix, value: T): void {
    const family = prefix.family === 4 ? this.#v4 : this.#v6
    const networks = family.byLength.get(prefix.length) ?? new Map<number | string, T[]>()
    if (networks.size === 0) {
      family.byLength.set(prefix.length, networks)
      readLengths(family)
    }
    const key = networkKey(prefix, prefix.length)
    const values = networks.get(key)
    if (values === undefined) networks.set(key, [value])
    else values.push(value)
  }

  /** Removes one value that was added for the network. If the value was added twice, one of the two stays. */
  remove(prefix: IpPrefix, value: T): void {
    const family = prefix.family === 4 ? this.#v4 : this.#v6
    const networks = family.byLength.get(prefix.length)
    const key = networkKey(prefix, prefix.length)
    const values = networks?.get(key)
    const place = values?.indexOf(value) ?? -1
    if (networks === undefined || values === undefined || place === -1) return
    values.splice(place, 1)
    if (values.length === 0) networks.delete(key)
    if (networks.size > 0) return
    family.byLength.delete(prefix.length)
    readLengths(family)
  }

  /**
   * The values with a network that contains the address. Each value comes with its longest prefix length, counted in the
   * 128-bit form.
   */
  find(address: IpAddress): Map<T, number> {
    const found = new Map<T, number>()
    const family = address.family === 4 ? this.#v4 : this.#v6
    for (const length of family.lengths) {
      for (const value of family.byLength.get(length)?.get(networkKey(address, length)) ?? []) {
        if (!found.has(value)) found.set(value, length)
      }
    }
    return found
  }
}

function readLengths<T>(family: Family<T>): void {
  family.lengths = [...family.byLength.keys()].sort((a, b) => b - a)
}

function networkKey(address: Pick<IpAddress, 'family' | 'words'>, length: number): number | string {
  if (address.family === 6) return maskWords(address.words, length).join(':')
  const bits = length - V4_OFFSET
  return bits === 0 ? 0 : (address.words[3] & (0xffffffff << (32 - bits))) >>> 0
}
