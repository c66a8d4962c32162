import { randomFillSync } from 'node:crypto'

/** Random numbers as a parameter. Tags, branches and weighted choices come from here, so that a test can repeat them. */
export interface Random {
  /**
   * 64 random bits as 11 characters that RFC 3261 allows in a token. Nobody can guess them, and a restart does not repeat
   * them (§8.1.1.7, §19.3).
   */
  token(): string
  /** A number in [0, 1). */
  fraction(): number
}

const POOL_WORDS = 2048

/** The system's random numbers. They are fetched many at a time: one system call is enough for a thousand tokens. */
export function systemRandom(): Random {
  const pool = new Uint32Array(POOL_WORDS)
  let used = POOL_WORDS
  const word = (): number => {
    if (used === POOL_WORDS) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++] ?? 0
  }
  return { token: () => tokenOf(word(), word()), fraction: () => word() / 2 ** 32 }
}

/** The codes of the characters of base64url (RFC 4648 §5). */
const CODES = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', (character) =>
  character.charCodeAt(0),
)

/** Six bits of each word at a time, and at last the rest of both words. For so few bytes, Node's base64 takes three times as long. */
function tokenOf(a: number, b: number): string {
  const code = (bits: number): number => CODES[bits & 63] ?? 0
  return String.fromCharCode(
    code(a >>> 26),
    code(a >>> 20),
    code(a >>> 14),
    code(a >>> 8),
    code(a >>> 2),
    code(b >>> 26),
    code(b >>> 20),
    code(b >>> 14),
    code(b >>> 8),
    code(b >>> 2),
    code(((a & 3) << 2) | (b & 3)),
  )
}
