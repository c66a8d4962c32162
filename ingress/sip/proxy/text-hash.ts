/** The characters of `text()`: the digits of base 36. */
const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz', 'latin1')
/** The number of digits that a number of 32 bits has in base 36. */
const DIGITS_OF_HALF = 7
const scratch = Buffer.alloc(2 * DIGITS_OF_HALF)

/**
 * A fast 64-bit hash of text: two FNV-1a hashes of 32 bits, side by side. It is for tables and comparisons in which a sender
 * gains nothing from a collision. It is not a MAC: data that nobody may forge goes through the cookie sealer.
 */
export class TextHash {
  #a = 0x811c9dc5 | 0
  #b = 0x01000193

  /** Begins a new hash. With random seeds, nobody outside can predict the hashes of a process. */
  begin(seedA: number, seedB: number): this {
    this.#a = seedA | 0
    this.#b = seedB | 0
    return this
  }

  /**
   * Adds a text, and after it a value that stands for its end. So two calls give another hash than one call with both texts.
   */
  add(text: string): this {
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15)
    }
    return this.#end(a, b)
  }

  /** Adds the bytes from `start` to before `end`. The same as `add` with these bytes as latin1 text. */
  addBytes(bytes: Uint8Array, start: number, end: number): this {
    let a = this.#a
    let b = this.#b
    for (let at = start; at < end; at++) {
      const code = bytes[at] ?? 0
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15)
    }
    return this.#end(a, b)
  }

  #end(a: number, b: number): this {
    this.#a = Math.imul(a ^ 0x100, 0x01000193)
    this.#b = Math.imul(b ^ 0x100, 0x85ebca6b) ^ (b >>> 15)
    return this
  }

  /** The hash as 14 characters that RFC 3261 allows in a token. */
  text(): string {
    writeHalf(this.#a >>> 0, 0)
    writeHalf(this.#b >>> 0, DIGITS_OF_HALF)
    return scratch.toString('latin1')
  }

  /** 52 bits of the hash as a number, which a double stores exactly. The number is never 0. */
  number(): number {
    return (this.#b >>> 12) * 2 ** 32 + (this.#a >>> 0) + 1
  }
}

/** Writes 32 bits in base 36. `toString(36)` is several times slower, because it also works for fractions. */
function writeHalf(half: number, start: number): void {
  let rest = half
  for (let at = start + DIGITS_OF_HALF - 1; at >= start; at--) {
    const next = Math.floor(rest / 36)
    scratch[at] = DIGITS[rest - next * 36] ?? 0
    rest = next
  }
}
