import { isRecord } from '../api/json-value.ts'
import { storedConditions } from '../kubernetes-writes/object-status.ts'
import type { ConditionCount } from '../metrics/metrics.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'

/**
 * Counts the objects of each kind that have the same condition (type, status and reason) in their stored status. The status
 * comes from the API server, so all operators of an installation get the same counts.
 */
export function* watchedConditions({
  trunks,
  rules,
}: Pick<WatchedObjects, 'trunks' | 'rules'>): Generator<ConditionCount> {
  const counts = new Map<string, number>()
  for (const cache of [trunks, rules]) {
    for (const { kind, status } of cache.objects()) {
      for (const { type, status: state, reason } of isRecord(status) ? storedConditions(status) : []) {
        const key = [kind, type, state, reason].join(' ')
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
  }
  for (const [key, count] of counts) {
    const [kind = '', condition = '', status = '', reason = ''] = key.split(' ')
    yield { kind, condition, status, reason, count }
  }
}
