const LF = 0x0a
/** Characters for 32 bits in base 36. */
const HALF = 7
const TEXT = Buffer.alloc(2 * HALF)
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * A fast 64-bit hash of text: two FNV-1a hashes of 32 bits, side by side. It is for tables and comparisons in which a sender
 * gains nothing from a collision. It is not a MAC: data that nobody may forge goes through the cookie sealer.
 */
export class TextHash {
  #a: number
  #b: number

  /** Other seeds give other hashes. With random seeds, nobody outside can predict the hashes of a process. */
  constructor(seedA = 0x811c9dc5, seedB = 0x01000193) {
    this.#a = seedA
    this.#b = seedB
  }

  /** Adds a text, and a mark for its end. So two calls give another hash than one call with both texts. */
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

  /**
   * Adds the bytes `start`..`end` as `add` does with their latin1 text. If there is a line break among them, adds nothing and
   * returns false.
   */
  addBytes(bytes: Uint8Array, start: number, end: number): boolean {
    let a = this.#a
    let b = this.#b
    for (let at = start; at < end; at++) {
      const code = bytes[at] ?? 0
      if (code === LF) return false
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15)
    }
    this.#a = Math.imul(a ^ 0x100, 0x01000193)
    this.#b = Math.imul(b ^ 0x100, 0x85ebca6b) ^ (b >>> 15)
    return true
  }

  /** The hash as 14 characters that RFC 3261 allows in a token. */
  text(): string {
    writeDigits(this.#a >>> 0, 0)
    writeDigits(this.#b >>> 0, HALF)
    return TEXT.toString('latin1')
  }

  /** 52 bits of the hash as a number, which a double stores exactly. The number is never 0. */
  number(): number {
    return (this.#b >>> 12) * 2 ** 32 + (this.#a >>> 0) + 1
  }
}

/** Writes a number in base 36, with leading zeros. `toString(36)` takes several times as long. */
function writeDigits(value: number, from: number): void {
  let left = value
  for (let at = from + HALF - 1; at >= from; at--) {
    const higher = Math.floor(left / 36)
    TEXT[at] = DIGITS.charCodeAt(left - higher * 36)
    left = higher
  }
}
