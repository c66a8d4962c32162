import { TRANSACTION_KEY_BYTES } from '../../limits.ts'
import type { TransactionKey } from './transaction-key.ts'

/** Keys in one block of memory. Memory is taken for a whole block at once. A power of two. */
const BLOCK_KEYS = 1024
const BLOCK_SHIFT = 10
/** Slots of an empty table. A power of two. */
const FIRST_SLOTS = 2048

/**
 * A table from the bytes of a key to a value. Each value gets a number above 0, its place, and is removed by this number
 * without its key. Keys are found by their hash (open addressing) and then compared byte for byte. The bytes of most keys are
 * in blocks of memory that are used again and again, so adding a value makes nothing that a garbage collector must look at. The
 * memory does not shrink.
 */
export class KeyTable<V> {
  /** A place, or 0 for an empty slot. At most half of the slots are in use. */
  #slots = new Int32Array(FIRST_SLOTS)
  /** The hash and the length of each key, and each value. The index is the place. */
  #hashes = new Int32Array(BLOCK_KEYS)
  #lengths = new Int32Array(BLOCK_KEYS)
  readonly #values: (V | undefined)[] = [undefined]
  readonly #blocks: Uint8Array[] = []
  /** Keys that are longer than their room in a block. The key of the map is the place. */
  readonly #longKeys = new Map<number, Uint8Array>()
  readonly #freePlaces: number[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: TransactionKey): V | undefined {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = key.hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot] ?? 0
      if (place === 0) return undefined
      if (this.#hashes[place] === key.hash && this.#isKeyOf(place, key)) return this.#values[place]
    }
  }

  /** Adds a value and returns its place. The table must not have the key. */
  add(key: TransactionKey, value: V): number {
    if (2 * (this.#size + 1) > this.#slots.length) this.#growSlots()
    const place = this.#freePlaces.pop() ?? this.#newPlace()
    this.#hashes[place] = key.hash
    this.#values[place] = value
    this.#keepKey(place, key)
    this.#putIntoSlot(place)
    this.#size++
    return place
  }

  remove(place: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (this.#hashes[place] ?? 0) & mask
    while (slots[slot] !== place) slot = (slot + 1) & mask
    this.#closeGap(slot)
    this.#values[place] = undefined
    if (this.#longKeys.size > 0) this.#longKeys.delete(place)
    this.#freePlaces.push(place)
    this.#size--
  }

  forEach(use: (value: V) => void): void {
    for (const value of this.#values) if (value !== undefined) use(value)
  }

  #isKeyOf(place: number, { bytes, length }: TransactionKey): boolean {
    if (this.#lengths[place] !== length) return false
    const isLong = length > TRANSACTION_KEY_BYTES
    const own = isLong ? this.#longKeys.get(place) : this.#blocks[place >>> BLOCK_SHIFT]
    if (own === undefined) return false
    const start = isLong ? 0 : startInBlock(place)
    for (let i = 0; i < length; i++) if (own[start + i] !== bytes[i]) return false
    return true
  }

  #keepKey(place: number, { bytes, length }: TransactionKey): void {
    this.#lengths[place] = length
    const block = this.#blocks[place >>> BLOCK_SHIFT]
    if (length > TRANSACTION_KEY_BYTES || block === undefined) {
      this.#longKeys.set(place, bytes.slice(0, length))
      return
    }
    const start = startInBlock(place)
    for (let i = 0; i < length; i++) block[start + i] = bytes[i] ?? 0
  }

  #newPlace(): number {
    const place = this.#values.length
    if (this.#blocks[place >>> BLOCK_SHIFT] === undefined)
      this.#blocks.push(new Uint8Array(BLOCK_KEYS * TRANSACTION_KEY_BYTES))
    if (place === this.#hashes.length) {
      this.#hashes = grown(this.#hashes)
      this.#lengths = grown(this.#lengths)
    }
    return place
  }

  #putIntoSlot(place: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (this.#hashes[place] ?? 0) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = place
  }

  #growSlots(): void {
    const places = this.#slots
    this.#slots = new Int32Array(2 * places.length)
    for (const place of places) if (place !== 0) this.#putIntoSlot(place)
  }

  /**
   * Empties a slot. A search ends at an empty slot, so a place in a later slot is moved forward if a search would no longer
   * reach it.
   */
  #closeGap(from: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let gap = from
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const place = slots[slot] ?? 0
      const wanted = (this.#hashes[place] ?? 0) & mask
      // A search for this place begins after the gap, so the place stays where it is.
      if (((slot - wanted) & mask) < ((slot - gap) & mask)) continue
      slots[gap] = place
      gap = slot
    }
    slots[gap] = 0
  }
}

function startInBlock(place: number): number {
  return (place & (BLOCK_KEYS - 1)) * TRANSACTION_KEY_BYTES
}

function grown(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * numbers.length)
  more.set(numbers)
  return more
}
