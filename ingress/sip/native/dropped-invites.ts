import { DROPPED_INVITE_MS, MAX_DROPPED_INVITES } from '../limits.ts'
import { TextHash } from '../proxy/text-hash.ts'
import type { TransactionKey } from './transaction/transaction-key.ts'

/**
 * Remembers INVITEs that were dropped, or answered without a transaction. A stranger repeats each of them seven times in 32 s,
 * and one look into an array of fixed size recognizes each repeat. A new INVITE may overwrite the memory of an older one. Then
 * a repeat of the older one is counted as a new call. The bytes that are sent do not change.
 */
export interface InviteMemory {
  /** Whether this INVITE came before, in the last `DROPPED_INVITE_MS`. A new INVITE is remembered from now on. */
  seen(key: TransactionKey, now: number): boolean
  /** Like `seen`, but does not remember the INVITE. */
  has(key: TransactionKey, now: number): boolean
}

export function createInviteMemory(): InviteMemory {
  const fingerprints = new Float64Array(MAX_DROPPED_INVITES)
  const expiries = new Float64Array(MAX_DROPPED_INVITES)
  const isRetained = (fingerprint: number, now: number): boolean => {
    const slot = fingerprint % MAX_DROPPED_INVITES
    return fingerprints[slot] === fingerprint && (expiries[slot] ?? 0) > now
  }
  return {
    seen: (key, now) => {
      const fingerprint = fingerprintOf(key)
      const repeated = isRetained(fingerprint, now)
      if (!repeated) {
        const slot = fingerprint % MAX_DROPPED_INVITES
        fingerprints[slot] = fingerprint
        expiries[slot] = now + DROPPED_INVITE_MS
      }
      return repeated
    },
    has: (key, now) => isRetained(fingerprintOf(key), now),
  }
}

function fingerprintOf({ bytes, length }: TransactionKey): number {
  return new TextHash().addBytes(bytes, 0, length).number()
}
