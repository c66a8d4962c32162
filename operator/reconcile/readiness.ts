import type { Clock } from '../../ingress/time/dated-clock.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import { STALE_WATCH_MS } from './limits.ts'

/** Whether an operator could lead: it has seen every object, still hears of changes, and nothing else speaks against it. */
export function readinessOf(
  watched: Pick<WatchedObjects, 'byResource'>,
  clock: Pick<Clock, 'now'>,
  others: readonly string[],
): { ready: boolean; reasons: string[] } {
  const unwatched = Object.entries(watched.byResource).flatMap(([resource, cache]) => {
    if (cache.fault) return [`${resource}: ${cache.fault.message}`]
    if (!cache.synced) return [`${resource}: the first list is not complete`]
    const silentMs = clock.now() - (cache.lastContactAt ?? 0)
    return silentMs > STALE_WATCH_MS ? [`${resource}: not a word for ${Math.round(silentMs / 1000)} s`] : []
  })
  const reasons = [...others, ...unwatched]
  return { ready: reasons.length === 0, reasons }
}
