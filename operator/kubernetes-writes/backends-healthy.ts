/** Decides what the status of a rule says about the health of its backends. */
import type { Condition } from '../../crds/schema/conditions.ts'
import { backendName, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { NAMED_BACKENDS } from './limits.ts'

/** The backends that a pod reports as down. Absent: none. */
interface HealthReport {
  readonly down?: readonly string[]
}

/**
 * The names of the backends that more than half of the pods find down. One pod alone may be wrong: its own network may have
 * failed.
 */
export function downForMostPods(reports: readonly HealthReport[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { down = [] } of reports) {
    for (const name of new Set(down)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Set([...counts].flatMap(([name, count]) => (count * 2 > reports.length ? [name] : [])))
}

/**
 * The condition BackendsHealthy of a rule. Undefined: nothing is to be said, because no backend of the rule is down. A backend
 * of weight 0 takes no calls, so its health does not matter. The message does not count pods, so that it changes only when the
 * backends do.
 */
export function backendsHealthyCondition(
  entry: TableEntry | undefined,
  down: ReadonlySet<string>,
): Condition<'BackendsHealthy'> | undefined {
  if (down.size === 0 || entry?.kind !== 'rule' || entry.action.type !== 'Route') return undefined
  const names = [...new Set(entry.action.backends.filter(({ weight }) => weight > 0).map(backendName))]
  const found = names.filter((name) => down.has(name))
  if (found.length === 0) return undefined
  const reason = found.length === names.length ? 'AllBackendsDown' : 'BackendsDown'
  const listed = found.slice(0, NAMED_BACKENDS).join(', ')
  const more = found.length > NAMED_BACKENDS ? ` and ${found.length - NAMED_BACKENDS} more` : ''
  const message = `Most ingress pods find ${found.length} of ${names.length} backends down: ${listed}${more}.`
  return { type: 'BackendsHealthy', status: 'False', reason, message }
}
