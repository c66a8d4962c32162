/**
 * If two installations watch the same namespace, only the senior one writes the statuses. This file decides whether this
 * installation writes. A junior installation must find out whether the senior one still runs. So the junior one makes a claim:
 * it writes its own name into one status, and changes nothing else there. A senior installation that still runs then restores
 * its own name. If this does not happen within `CLAIM_MS`, the senior installation counts as gone.
 */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { type Installation, isSenior } from './installation.ts'
import { CLAIM_MS, OVERLAP_REVIEW_MS } from './limits.ts'

/** The status of one object, and the installation that wrote it last. */
export interface OwnedStatus {
  /** Identifies the object among the objects of all kinds and namespaces. */
  readonly key: string
  readonly namespace: string
  readonly by: Installation | undefined
  /**
   * True if the status once contained the conditions that this installation wants. This was seen in the watch, or this
   * installation itself wrote them. Since then another writer may have overwritten them.
   */
  readonly wasStored: boolean
}

/**
 * What to do about a status. `write`: write the whole status. `claim`: write only the name of this installation. `leave`: do
 * not change the status.
 */
export type Verdict = 'write' | 'claim' | 'leave'

export interface Overlaps {
  verdict(own: Installation, status: OwnedStatus): Verdict
  /** Must be called after the name of this installation was written into the status as a claim. */
  claimed(key: string): void
  /**
   * True if a senior installation is known to run, or if a junior one was reported in the last 2 * `OVERLAP_REVIEW_MS`
   * milliseconds.
   */
  readonly any: boolean
}

type Standing =
  | { readonly type: 'claiming'; readonly key: string; readonly at: number; claimed: boolean }
  | { readonly type: 'lives'; readonly other: Installation; readonly until: number }
  | { readonly type: 'gone' }

/**
 * Is called about an installation that watches the same namespace, at most once in `OVERLAP_REVIEW_MS` for each namespace.
 * `key`: the object whose status has the name of that installation. `speaks`: whether that installation writes the statuses.
 */
export type OverlapListener = (key: string, other: Installation, speaks: boolean) => void

export function createOverlaps(clock: Pick<DatedClock, 'now'>, onOverlap: OverlapListener): Overlaps {
  /** What is known about the senior installation of each namespace. */
  const seniors = new Map<string, Standing>()
  /** When a junior installation was last reported. The key is its name and the namespace. */
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
        // A claim stays without a result if the claimed object was deleted. So a new claim is made 2 × CLAIM_MS after the old
        // one.
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
        // Nobody has written this status yet. The running senior installation will write it soon, so this installation leaves
        // it alone.
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
