import { NO_KEY } from '../route-table/number-key.ts'

const SMALLEST_CAPACITY = 8

/**
 * A map from number keys to values, by open addressing with linear probing. Each place takes 16 bytes, and at most five
 * eighths of the places are filled. When a key is deleted, the keys behind it move up, so that lookups do not slow down
 * with time.
 */
export class NumberTable<V> {
  #keys = new Float64Array(SMALLEST_CAPACITY)
  #values: (V | undefined)[] = emptyValues(SMALLEST_CAPACITY)
  #mask = SMALLEST_CAPACITY - 1
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: number): V | undefined {
    return this.#values[this.#place(key)]
  }

  /**
   * The value of the key `keys[at]`. If a float is passed to a function, V8 may make an object of it. An array and an index are
   * passed without a new object.
   */
  getAt(keys: Float64Array, at: number): V | undefined {
    const key = keys[at] ?? NO_KEY
    const mask = this.#mask
    let place = hashOf(key) & mask
    while (this.#keys[place] !== key && this.#keys[place] !== NO_KEY) place = (place + 1) & mask
    return this.#values[place]
  }

  set(key: number, value: V): void {
    let place = this.#place(key)
    if (this.#keys[place] === NO_KEY) {
      if ((this.#size + 1) * 8 > (this.#mask + 1) * 5) {
        this.#grow()
        place = this.#place(key)
      }
      this.#size++
      this.#keys[place] = key
    }
    this.#values[place] = value
  }

  delete(key: number): void {
    let hole = this.#place(key)
    if (this.#keys[hole] === NO_KEY) return
    this.#size--
    for (let place = (hole + 1) & this.#mask; this.#keys[place] !== NO_KEY; place = (place + 1) & this.#mask) {
      const home = hashOf(this.#keys[place] ?? NO_KEY) & this.#mask
      if (((place - home) & this.#mask) < ((place - hole) & this.#mask)) continue
      this.#keys[hole] = this.#keys[place] ?? NO_KEY
      this.#values[hole] = this.#values[place]
      hole = place
    }
    this.#keys[hole] = NO_KEY
    this.#values[hole] = undefined
  }

  /** The place of the key. If the key is not in the table, the empty place where the key would go. */
  #place(key: number): number {
    const keys = this.#keys
    const mask = this.#mask
    let place = hashOf(key) & mask
    for (;;) {
      const found = keys[place]
      if (found === key || found === NO_KEY) return place
      place = (place + 1) & mask
    }
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values]
    const capacity = keys.length * 2
    this.#keys = new Float64Array(capacity)
    this.#values = emptyValues(capacity)
    this.#mask = capacity - 1
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? NO_KEY
      if (key === NO_KEY) continue
      const place = this.#place(key)
      this.#keys[place] = key
      this.#values[place] = values[i]
    }
  }
}

function emptyValues<V>(capacity: number): (V | undefined)[] {
  return new Array<V | undefined>(capacity).fill(undefined)
}

/** Mixes all 53 bits, so that consecutive numbers get places far from each other. */
function hashOf(key: number): number {
  let hash = (key | 0) ^ Math.imul((key / 0x100000000) | 0, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
