/**
 * What an operator does about the statuses of another installation that watches the same namespace. The senior one speaks.
 * Whether a senior one that has written a status is still there, only a try can tell: its name in one status is replaced by
 * the own one, and nothing else. Who lives puts it back; who does not for `CLAIM_MS` is gone.
 */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { type Installation, isSenior } from './installation.ts'
import { CLAIM_MS, OVERLAP_REVIEW_MS } from './limits.ts'

/** The status of one object, and who has written it last. */
export interface SpokenFor {
  /** Of the object, unique among all. */
  readonly key: string
  readonly namespace: string
  readonly by: Installation | undefined
  /** What this installation wanted to say has stood there. */
  readonly said: boolean
}

/** Write it; put the own name there and nothing else; or leave it as it is. */
export type Verdict = 'write' | 'claim' | 'leave'

export interface Overlaps {
  verdict(own: Installation, status: SpokenFor): Verdict
  /** The own name has been put into this status. */
  claimed(key: string): void
  /** Some installation has shown itself in the last `OVERLAP_REVIEW_MS`. */
  readonly any: boolean
}

type Standing =
  | { readonly type: 'claiming'; readonly key: string; readonly at: number; claimed: boolean }
  | { readonly type: 'lives'; readonly other: Installation; readonly until: number }
  | { readonly type: 'gone' }

/** Told at most once in `OVERLAP_REVIEW_MS` for a namespace: the object it showed at, who it is, and whether it speaks. */
export type TellOverlap = (key: string, other: Installation, speaks: boolean) => void

export function createOverlaps(clock: Pick<DatedClock, 'now'>, tell: TellOverlap): Overlaps {
  /** Of senior installations, by namespace. */
  const seniors = new Map<string, Standing>()
  /** When a junior one was told of, by its name and namespace. */
  const juniors = new Map<string, number>()
  const lives = (other: Installation, { key, namespace }: SpokenFor): Verdict => {
    seniors.set(namespace, { type: 'lives', other, until: clock.now() + OVERLAP_REVIEW_MS })
    tell(key, other, true)
    return 'leave'
  }
  const takenFromJunior = (other: Installation, { key, namespace }: SpokenFor): Verdict => {
    const place = `${other.name} ${namespace}`
    const toldAt = juniors.get(place) ?? -Infinity
    if (clock.now() - toldAt >= OVERLAP_REVIEW_MS) {
      juniors.set(place, clock.now())
      tell(key, other, false)
    }
    return 'write'
  }
  const ofSenior = (other: Installation, status: SpokenFor): Verdict => {
    const { key, namespace, said } = status
    const standing = seniors.get(namespace)
    if (standing?.type === 'gone') return said ? lives(other, status) : 'write'
    if (standing?.type === 'lives' && clock.now() < standing.until) return 'leave'
    if (standing?.type === 'claiming') {
      if (standing.key === key) return standing.claimed ? lives(other, status) : 'claim'
      // The object of a claim may have gone meanwhile.
      if (clock.now() - standing.at < 2 * CLAIM_MS) return 'leave'
    }
    seniors.set(namespace, { type: 'claiming', key, at: clock.now(), claimed: false })
    return 'claim'
  }
  const ofNobodyElse = (status: SpokenFor): Verdict => {
    const standing = seniors.get(status.namespace)
    if (standing?.type === 'claiming' && standing.key === status.key && standing.claimed) {
      if (clock.now() - standing.at < CLAIM_MS) return 'leave'
      seniors.set(status.namespace, { type: 'gone' })
    }
    // A status that nobody has written yet is left to the senior one, which is about to.
    const awaited = standing?.type === 'lives' && status.by === undefined
    return awaited ? ofSenior(standing.other, status) : 'write'
  }
  return {
    verdict: (own, status) => {
      const { by } = status
      if (by === undefined || by.name === own.name) return ofNobodyElse(status)
      return isSenior(own, by) ? takenFromJunior(by, status) : ofSenior(by, status)
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
