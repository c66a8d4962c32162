import type { Clock } from '../clock.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import { STALE_WATCH_MS } from './limits.ts'

/** Whether an operator could lead: it has seen every object and still hears of changes. A standby is ready too. */
export function readinessOf(
  watched: Pick<WatchedObjects, 'byResource'>,
  clock: Pick<Clock, 'now'>,
): { ready: boolean; reasons: string[] } {
  const reasons = Object.entries(watched.byResource).flatMap(([resource, cache]) => {
    if (cache.fault) return [`${resource}: ${cache.fault.message}`]
    if (!cache.synced) return [`${resource}: the first list is not complete`]
    const silentMs = clock.now() - (cache.lastContactAt ?? 0)
    return silentMs > STALE_WATCH_MS ? [`${resource}: not a word for ${Math.round(silentMs / 1000)} s`] : []
  })
  return { ready: reasons.length === 0, reasons }
}
