import { DROPPED_INVITE_MS, MAX_DROPPED_INVITES } from './limits.ts'
import { TextHash } from './text-hash.ts'

/**
 * INVITEs that were met with silence: a stranger repeats each seven times in 32 s, and each repeat is known again by one
 * look into a fixed table. A slot that is overwritten costs a second count of a dropped call, nothing on the wire.
 */
export interface DroppedInvites {
  /** Whether this INVITE was dropped a moment ago; from now on it was. */
  seen(key: string, now: number): boolean
}

export function createDroppedInvites(): DroppedInvites {
  const fingerprints = new Float64Array(MAX_DROPPED_INVITES)
  const expiries = new Float64Array(MAX_DROPPED_INVITES)
  return {
    seen: (key, now) => {
      const fingerprint = new TextHash().add(key).number()
      const slot = fingerprint % MAX_DROPPED_INVITES
      const repeated = fingerprints[slot] === fingerprint && (expiries[slot] ?? 0) > now
      if (!repeated) {
        fingerprints[slot] = fingerprint
        expiries[slot] = now + DROPPED_INVITE_MS
      }
      return repeated
    },
  }
}
