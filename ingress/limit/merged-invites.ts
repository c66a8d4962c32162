/**
 * Recognizes merged INVITEs: copies of one INVITE that came by different ways, because a proxy before us has forked it (RFC 3261
 * §8.2.2.2). Each of them is forwarded, and together they are one call for a limit. The memory has a fixed size. Pure; times are
 * monotonic milliseconds.
 */
import { MAX_MERGED, MERGED_MS, MERGED_PLACES } from './limits.ts'

export interface MergedInvites {
  /** Whether the INVITE with this key is a copy of one that has passed. */
  isCopy(key: number, now: number): boolean
  /** Remembers an INVITE that has passed a limit. */
  remember(key: number, now: number): void
}

export function createMergedInvites(): MergedInvites {
  const keys = new Float64Array(MERGED_PLACES)
  const passedAt = new Float64Array(MERGED_PLACES)
  const copies = new Uint8Array(MERGED_PLACES)
  return {
    isCopy: (key, now) => {
      const place = key % MERGED_PLACES
      if (keys[place] !== key || now - (passedAt[place] ?? 0) >= MERGED_MS) return false
      const count = (copies[place] ?? 0) + 1
      // A circle of proxies keeps Call-ID and CSeq as a fork does. So there is an end.
      if (count > MAX_MERGED) return false
      copies[place] = count
      return true
    },
    remember: (key, now) => {
      const place = key % MERGED_PLACES
      if (keys[place] === key && now - (passedAt[place] ?? 0) < MERGED_MS) return
      keys[place] = key
      passedAt[place] = now
      copies[place] = 0
    },
  }
}
