/** How often somebody else overwrites the statuses that this process writes, and how long to wait before one is restored. */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { FREE_OVERWRITES, OVERWRITTEN_MEMORY_MS, OVERWRITTEN_PAUSE_MS } from './limits.ts'

export interface StatusContests {
  /** Counts an overwritten status. `count`: how many times in a row. `pause`: milliseconds to wait before it is restored. */
  overwritten(key: string): { readonly count: number; readonly pause: number }
  forget(key: string): void
  clear(): void
}

/** How many times in a row a status was overwritten, and when this last happened. */
interface Contest {
  readonly count: number
  readonly at: number
}

/** A status counts as overwritten in a row until it has been left alone for `OVERWRITTEN_MEMORY_MS`. */
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

/** The first restorations are immediate. Each later one waits twice as long as the one before it, up to a limit. */
function pauseAfter(count: number): number {
  if (count <= FREE_OVERWRITES) return 0
  return Math.min(OVERWRITTEN_PAUSE_MS.least * 2 ** (count - FREE_OVERWRITES - 1), OVERWRITTEN_PAUSE_MS.most)
}
