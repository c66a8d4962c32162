/**
 * The checksum of a table: the sum, modulo 2^52, of the hashes of all entries. The order of the entries does not matter.
 * After a change of one entry, the new checksum needs one subtraction and one addition. The checksum finds damage and lost
 * changes. It gives no protection against a writer who changes the table on purpose.
 */

const LOW = 2 ** 32
const HIGH_BITS = 20
const MODULUS = 2 ** (32 + HIGH_BITS)

/** The checksum of a table without entries. */
export const EMPTY_CHECKSUM = 0

/**
 * The hash of one entry. It is made from the entry's key and text by two lanes of MurmurHash3's 32-bit mixing. It is below
 * 2^52, so a number represents it exactly.
 */
export function entryHash(key: string, text: string): number {
  lanes.a = 0x9747b28c ^ key.length
  lanes.b = 0x3c6ef372 ^ text.length
  mixText(key)
  mixText(text)
  const a = finish(lanes.a ^ lanes.b)
  const b = finish((lanes.b + a) | 0)
  return (a >>> (32 - HIGH_BITS)) * LOW + (b >>> 0)
}

export function addHash(checksum: number, hash: number): number {
  const sum = checksum + hash
  return sum >= MODULUS ? sum - MODULUS : sum
}

export function subtractHash(checksum: number, hash: number): number {
  const difference = checksum - hash
  return difference < 0 ? difference + MODULUS : difference
}

/** The checksum as 13 hexadecimal digits. */
export function checksumText(checksum: number): string {
  return checksum.toString(16).padStart(13, '0')
}

const lanes = { a: 0, b: 0 }

/**
 * Mixes two UTF-16 code units at a time. A text of odd length gets a zero at the end. The seeds contain the lengths. So a
 * text that really ends with a zero has another hash.
 */
function mixText(text: string): void {
  let { a, b } = lanes
  for (let i = 0; i < text.length; i += 2) {
    const word = text.charCodeAt(i) | ((i + 1 < text.length ? text.charCodeAt(i + 1) : 0) << 16)
    a ^= rotated(word, 0xcc9e2d51, 15, 0x1b873593)
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0
    b ^= rotated(word, 0x239b961b, 16, 0xab0e9789)
    b = (Math.imul((b << 15) | (b >>> 17), 5) + 0x561ccd1b) | 0
  }
  lanes.a = a
  lanes.b = b
}

function rotated(word: number, first: number, by: number, second: number): number {
  const product = Math.imul(word, first)
  return Math.imul((product << by) | (product >>> (32 - by)), second)
}

/** MurmurHash3's fmix32. Every bit of the input influences every bit of the result. */
function finish(lane: number): number {
  let hash = lane ^ (lane >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
