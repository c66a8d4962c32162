import { DROPPED_INVITE_MS, MAX_DROPPED_INVITES } from '../limits.ts'
import { TextHash } from '../proxy/text-hash.ts'

/**
 * INVITEs that were met with silence or with an answer without state: a stranger repeats each seven times in 32 s, and each
 * repeat is known again by one look into a fixed table. A slot that is overwritten costs a second count of a dropped call,
 * nothing on the wire.
 */
export interface InviteMemory {
  /** Whether this INVITE was here a moment ago; from now on it was. */
  seen(key: string, now: number): boolean
  /** Whether this INVITE was here a moment ago. */
  has(key: string, now: number): boolean
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
      const fingerprint = new TextHash().add(key).number()
      const repeated = isRetained(fingerprint, now)
      if (!repeated) {
        const slot = fingerprint % MAX_DROPPED_INVITES
        fingerprints[slot] = fingerprint
        expiries[slot] = now + DROPPED_INVITE_MS
      }
      return repeated
    },
    has: (key, now) => isRetained(new TextHash().add(key).number(), now),
  }
}
