/**
 * Decides which of two installations writes the statuses if both watch the same namespace. The senior one writes. To find out
 * whether a senior installation is still running, this one makes a claim: it writes its own name into one status, and changes
 * nothing else there. A running installation restores its name. If the name is not restored within `CLAIM_MS`, the other
 * installation is gone.
 */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { type Installation, isSenior } from './installation.ts'
import { CLAIM_MS, OVERLAP_REVIEW_MS } from './limits.ts'

/** The status of one object, and the installation that wrote it last. */
export interface OwnedStatus {
  /** Identifies the object among all objects. */
  readonly key: string
  readonly namespace: string
  readonly by: Installation | undefined
  /**
   * True if the status contained the conditions that this installation wants, at an earlier look or after its own write. They
   * may have been overwritten since then.
   */
  readonly wasStored: boolean
}

/** `write` the whole status, `claim` it (write only the name of this installation), or `leave` it as it is. */
export type Verdict = 'write' | 'claim' | 'leave'

export interface Overlaps {
  verdict(own: Installation, status: OwnedStatus): Verdict
  /** To be called when the name of this installation was written into the status as a claim. */
  claimed(key: string): void
  /** A senior installation is known to run, or a junior one was reported less than twice `OVERLAP_REVIEW_MS` ago. */
  readonly any: boolean
}

type Standing =
  | { readonly type: 'claiming'; readonly key: string; readonly at: number; claimed: boolean }
  | { readonly type: 'lives'; readonly other: Installation; readonly until: number }
  | { readonly type: 'gone' }

/**
 * Called at most once in `OVERLAP_REVIEW_MS` for a namespace. `key`: the object at which the other installation was found.
 * `speaks`: the other installation writes the statuses.
 */
export type OverlapListener = (key: string, other: Installation, speaks: boolean) => void

export function createOverlaps(clock: Pick<DatedClock, 'now'>, onOverlap: OverlapListener): Overlaps {
  /** The state of the senior installation of each namespace. */
  const seniors = new Map<string, Standing>()
  /** When a junior installation was last reported, by its name and namespace. */
  const juniors = new Map<string, number>()
  const lives = (other: Installation, { key, namespace }: OwnedStatus): Verdict => {
    seniors.set(namespace, { type: 'lives', other, until: clock.now() + OVERLAP_REVIEW_MS })
    onOverlap(key, other, true)
    return 'leave'
  }
  const verdictOverJunior = (other: Installation, { key, namespace }: OwnedStatus): Verdict => {
    const place = `${other.name} ${namespace}`
    const reportedAt = juniors.get(place) ?? -Infinity
    if (clock.now() - reportedAt >= OVERLAP_REVIEW_MS) {
      juniors.set(place, clock.now())
      onOverlap(key, other, false)
    }
    return 'write'
  }
  const verdictUnderSenior = (other: Installation, status: OwnedStatus): Verdict => {
    const { key, namespace, wasStored } = status
    const standing = seniors.get(namespace)
    switch (standing?.type) {
      case 'gone':
        return wasStored ? lives(other, status) : 'write'
      case 'lives':
        if (clock.now() < standing.until) return 'leave'
        break
      case 'claiming':
        if (standing.key === key) return standing.claimed ? lives(other, status) : 'claim'
        // The claimed object may have been deleted in the meantime.
        if (clock.now() - standing.at < 2 * CLAIM_MS) return 'leave'
        break
      case undefined:
    }
    seniors.set(namespace, { type: 'claiming', key, at: clock.now(), claimed: false })
    return 'claim'
  }
  const verdictWithoutOther = (status: OwnedStatus): Verdict => {
    const standing = seniors.get(status.namespace)
    switch (standing?.type) {
      case 'lives':
        // A status without a writer is left to the running senior installation, which will write it soon.
        return status.by === undefined ? verdictUnderSenior(standing.other, status) : 'write'
      case 'claiming':
        if (standing.key !== status.key || !standing.claimed) return 'write'
        if (clock.now() - standing.at < CLAIM_MS) return 'leave'
        seniors.set(status.namespace, { type: 'gone' })
        return 'write'
      case 'gone':
      case undefined:
        return 'write'
    }
  }
  return {
    verdict: (own, status) => {
      const { by } = status
      if (by === undefined || by.name === own.name) return verdictWithoutOther(status)
      return isSenior(own, by) ? verdictOverJunior(by, status) : verdictUnderSenior(by, status)
    },
    claimed: (key) => {
      for (const standing of seniors.values()) {
        if (standing.type === 'claiming' && standing.key === key) standing.claimed = true
      }
    },
    get any() {
      const now = clock.now()
      const senior = [...seniors.values()].some(({ type }) => type === 'lives')
      return senior || [...juniors.values()].some((at) => now - at < 2 * OVERLAP_REVIEW_MS)
    },
  }
}
