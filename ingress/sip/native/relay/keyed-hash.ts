/**
 * SHA-256 (FIPS 180-4 §6.2) of a key and a text, for the cookie of a dialog. A call needs four such hashes of about 200 bytes. For
 * so few bytes, a call of OpenSSL costs more than the hash itself. The key fills the first block, so that block is hashed only once.
 */

/** Bytes of a block. */
export const BLOCK_BYTES = 64
/** Bytes after the text that `hashAfterKey` may overwrite: a mark, zeros up to the end of a block, and the length. */
export const PADDING_BYTES = BLOCK_BYTES + 8

/** The state of the hash after the key's block: eight words of 32 bits. */
export type KeyState = Int32Array

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2). */
const ROUND_CONSTANTS = Int32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime)))
/** The same of the square roots of the first 8 primes (§5.3.3). */
const INITIAL_STATE = Int32Array.from(firstPrimes(8), (prime) => fraction(Math.sqrt(prime)))
const SCHEDULE = new Int32Array(BLOCK_BYTES)
const STATE = new Int32Array(8)

/** Hashes the block of a key. It must have `BLOCK_BYTES` bytes. */
export function keyState(block: Uint8Array): KeyState {
  const state = INITIAL_STATE.slice()
  hashBlock(state, block, 0)
  return state
}

/**
 * The hash of the key's block and the bytes `start`..`end`, as eight words. The next call overwrites the result. Also overwrites
 * `PADDING_BYTES` bytes after `end`.
 */
export function hashAfterKey(key: KeyState, bytes: Uint8Array, start: number, end: number): Int32Array {
  const padded = pad(bytes, start, end)
  for (let i = 0; i < STATE.length; i++) STATE[i] = key[i] ?? 0
  for (let at = start; at < padded; at += BLOCK_BYTES) hashBlock(STATE, bytes, at)
  return STATE
}

/** §5.1.1: a bit 1, zeros, and the number of bits of the whole text, which includes the key. Returns the new end. */
function pad(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const padded = start + Math.ceil((length + 9) / BLOCK_BYTES) * BLOCK_BYTES
  bytes[end] = 0x80
  for (let at = end + 1; at < padded - 4; at++) bytes[at] = 0
  const bits = (BLOCK_BYTES + length) * 8
  for (let i = 0; i < 4; i++) bytes[padded - 1 - i] = bits >>> (8 * i)
  return padded
}

/** §6.2.2: changes the state by one block. The names of the variables are those of the standard. */
function hashBlock(state: Int32Array, bytes: Uint8Array, at: number): void {
  fillSchedule(bytes, at)
  let a = word(state, 0)
  let b = word(state, 1)
  let c = word(state, 2)
  let d = word(state, 3)
  let e = word(state, 4)
  let f = word(state, 5)
  let g = word(state, 6)
  let h = word(state, 7)
  for (let t = 0; t < BLOCK_BYTES; t++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + word(ROUND_CONSTANTS, t) + word(SCHEDULE, t)) | 0
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = word(state, 0) + a
  state[1] = word(state, 1) + b
  state[2] = word(state, 2) + c
  state[3] = word(state, 3) + d
  state[4] = word(state, 4) + e
  state[5] = word(state, 5) + f
  state[6] = word(state, 6) + g
  state[7] = word(state, 7) + h
}

function fillSchedule(bytes: Uint8Array, from: number): void {
  for (let t = 0; t < 16; t++) {
    const at = from + 4 * t
    SCHEDULE[t] =
      ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  }
  for (let t = 16; t < BLOCK_BYTES; t++) {
    const x = word(SCHEDULE, t - 15)
    const y = word(SCHEDULE, t - 2)
    const sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    SCHEDULE[t] = sigma1 + word(SCHEDULE, t - 7) + sigma0 + word(SCHEDULE, t - 16)
  }
}

function word(words: Int32Array, at: number): number {
  return words[at] ?? 0
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0
}
