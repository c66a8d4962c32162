import { DROPPED_INVITE_MS, MAX_DROPPED_INVITES } from '../limits.ts'
import { TextHash } from '../proxy/text-hash.ts'
import type { TransactionKey } from './transaction/transaction-key.ts'

/**
 * Remembers INVITEs that were dropped, or answered without a transaction. Over UDP, a sender sends such an INVITE up to seven
 * times in 32 s, and one look into an array of fixed size recognizes each repeat. A new INVITE may overwrite the memory of an
 * older one. Then a repeat of the older one is counted as a new call. The bytes that are sent do not change.
 */
export interface InviteMemory {
  /** Whether this INVITE came before, in the last `DROPPED_INVITE_MS`. A new INVITE is remembered from now on. */
  seen(key: TransactionKey, now: number): boolean
  /** Like `seen`, but does not remember the INVITE. */
  has(key: TransactionKey, now: number): boolean
}

/**
 * Like `InviteMemory`, for INVITEs that are named by a number. This number is an integer above 0 that a double stores exactly.
 */
export interface FingerprintMemory {
  seen(fingerprint: number, now: number): boolean
  has(fingerprint: number, now: number): boolean
}

export function createInviteMemory(): InviteMemory {
  const memory = createFingerprintMemory(MAX_DROPPED_INVITES)
  return {
    seen: (key, now) => memory.seen(fingerprintOf(key), now),
    has: (key, now) => memory.has(fingerprintOf(key), now),
  }
}

/** `size`: at most this many INVITEs are remembered. */
export function createFingerprintMemory(size: number): FingerprintMemory {
  const fingerprints = new Float64Array(size)
  const expiries = new Float64Array(size)
  const has = (fingerprint: number, now: number): boolean => {
    const slot = fingerprint % size
    return fingerprints[slot] === fingerprint && (expiries[slot] ?? 0) > now
  }
  return {
    has,
    seen: (fingerprint, now) => {
      const repeated = has(fingerprint, now)
      if (!repeated) {
        const slot = fingerprint % size
        fingerprints[slot] = fingerprint
        expiries[slot] = now + DROPPED_INVITE_MS
      }
      return repeated
    },
  }
}

function fingerprintOf({ bytes, length }: TransactionKey): number {
  return new TextHash().addBytes(bytes, 0, length).number()
}
