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

const POOL_BYTES = 8192
const TOKEN_BYTES = 8

/** The system's random numbers. They are fetched many at a time: one system call is enough for a thousand tokens. */
export function systemRandom(): Random {
  const pool = Buffer.alloc(POOL_BYTES)
  let used = POOL_BYTES
  const take = (bytes: number): number => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    used += bytes
    return used - bytes
  }
  return {
    token: () => {
      const at = take(TOKEN_BYTES)
      return pool.toString('base64url', at, at + TOKEN_BYTES)
    },
    fraction: () => pool.readUInt32LE(take(4)) / 2 ** 32,
  }
}
