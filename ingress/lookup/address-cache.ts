import type { IpAddress } from '../address/ip-address.ts'

/**
 * A cache from addresses to values. A new address may take the place of an old one, so the cache never has more than `limit`
 * addresses. A lookup compares the numbers of the address, and makes no text of them.
 */
export interface AddressCache<V> {
  get(address: IpAddress): V | undefined
  set(address: IpAddress, value: V): void
  clear(): void
}

/** Most tables are asked about few addresses, so a cache begins with 2^6 places. */
const FIRST_BITS = 6
const HASH_BITS = 32
const WORDS = 4

/**
 * Each address has only one possible place, which other addresses may take. `limit`: the largest number of places, a power of
 * two.
 */
export function createAddressCache<V>(limit: number): AddressCache<V> {
  return new PlacedCache<V>(Math.log2(limit))
}

class PlacedCache<V> implements AddressCache<V> {
  readonly #mostBits: number
  #bits = FIRST_BITS
  #words = new Uint32Array(WORDS << FIRST_BITS)
  #values: (V | undefined)[] = emptyPlaces(FIRST_BITS)
  /** How many values were set since the places were made. */
  #sets = 0

  constructor(mostBits: number) {
    this.#mostBits = mostBits
  }

  get({ words }: IpAddress): V | undefined {
    const place = hashOf(words) >>> (HASH_BITS - this.#bits)
    const value = this.#values[place]
    return value !== undefined && sameWords(words, this.#words, place * WORDS) ? value : undefined
  }

  set({ words }: IpAddress, value: V): void {
    if (this.#sets === this.#values.length && this.#bits < this.#mostBits) this.#makePlaces(this.#bits + 1)
    this.#sets++
    const place = hashOf(words) >>> (HASH_BITS - this.#bits)
    this.#words.set(words, place * WORDS)
    this.#values[place] = value
  }

  clear(): void {
    if (this.#sets > 0) this.#makePlaces(FIRST_BITS)
  }

  /** Makes new, empty places. The old values are lost. The calling code finds them again when it needs them. */
  #makePlaces(bits: number): void {
    this.#bits = bits
    this.#words = new Uint32Array(WORDS << bits)
    this.#values = emptyPlaces(bits)
    this.#sets = 0
  }
}

function emptyPlaces<V>(bits: number): (V | undefined)[] {
  return new Array<V | undefined>(1 << bits).fill(undefined)
}

function sameWords(words: IpAddress['words'], cached: Uint32Array, at: number): boolean {
  return (
    words[3] === cached[at + 3] && words[2] === cached[at + 2] && words[1] === cached[at + 1] && words[0] === cached[at]
  )
}

/**
 * The upper bits of the hash are used, because they are mixed best. So neighbouring addresses and networks get places far from
 * each other.
 */
function hashOf(words: IpAddress['words']): number {
  const high = Math.imul(words[0] ^ Math.imul(words[1], 0x85ebca6b), 0xc2b2ae35)
  return Math.imul(Math.imul(high ^ words[2], 0x85ebca6b) ^ words[3], 0x9e3779b1)
}
