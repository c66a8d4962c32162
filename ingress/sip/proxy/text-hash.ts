/**
 * A fast 64-bit hash of text in two FNV-1a lanes, for tables and comparisons where a collision costs nothing that a
 * sender could not have for free. Not a MAC: what must not be forged goes through the cookie sealer.
 */
export class TextHash {
  #a: number
  #b: number

  /** Seeds tell hashes of one process from those of another. */
  constructor(seedA = 0x811c9dc5, seedB = 0x01000193) {
    this.#a = seedA
    this.#b = seedB
  }

  /** Two calls are not the same as one with both texts: the end of each counts. */
  add(text: string): this {
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15)
    }
    this.#a = Math.imul(a ^ 0x100, 0x01000193)
    this.#b = Math.imul(b ^ 0x100, 0x85ebca6b) ^ (b >>> 15)
    return this
  }

  /** 14 characters that RFC 3261 allows in a token. */
  text(): string {
    return (this.#a >>> 0).toString(36).padStart(7, '0') + (this.#b >>> 0).toString(36).padStart(7, '0')
  }

  /** 52 of the bits, exact as a float64, and never 0. */
  number(): number {
    return (this.#b >>> 12) * 2 ** 32 + (this.#a >>> 0) + 1
  }
}
