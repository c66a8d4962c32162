/**
 * Counts how often another writer overwrites the statuses of this process, and decides how long to wait before a status is
 * restored.
 */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { FREE_OVERWRITES, OVERWRITTEN_MEMORY_MS, OVERWRITTEN_PAUSE_MS } from './limits.ts'

export interface StatusContests {
  /**
   * Counts an overwritten status. `count`: how many times in a row it was overwritten. `pause`: milliseconds to wait before
   * restoring it.
   */
  overwritten(key: string): { readonly count: number; readonly pause: number }
  forget(key: string): void
  clear(): void
}

/** How many times in a row a status was overwritten, and when this last happened. */
interface Contest {
  readonly count: number
  readonly at: number
}

/** Makes the counter. If a status is not overwritten for `OVERWRITTEN_MEMORY_MS`, its count starts again. */
export function createStatusContests(clock: Pick<DatedClock, 'now'>): StatusContests {
  const contests = new Map<string, Contest>()
  return {
    overwritten: (key) => {
      const now = clock.now()
      const before = contests.get(key)
      const count = before && now - before.at < OVERWRITTEN_MEMORY_MS ? before.count + 1 : 1
      contests.set(key, { count, at: now })
      return { count, pause: pauseAfter(count) }
    },
    forget: (key) => {
      contests.delete(key)
    },
    clear: () => contests.clear(),
  }
}

/**
 * The pause before a restoration, in milliseconds. It is 0 before the first `FREE_OVERWRITES` restorations. After that, each
 * pause is twice as long as the one before, up to a limit.
 */
function pauseAfter(count: number): number {
  if (count <= FREE_OVERWRITES) return 0
  return Math.min(OVERWRITTEN_PAUSE_MS.least * 2 ** (count - FREE_OVERWRITES - 1), OVERWRITTEN_PAUSE_MS.most)
}
