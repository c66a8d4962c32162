/** Selects the conditions that are reported to the author of an object as Events. `kubectl describe` shows these Events. */
import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import { type Condition, type ConditionType, isAsWished } from '../../crds/schema/conditions.ts'
import type { EventText, Regarding } from '../kubernetes-writes/event-recorder.ts'
import { type StoredCondition, storedConditions } from '../kubernetes-writes/object-status.ts'
import type { TableObject } from './compiled-table.ts'
import type { ObjectNews } from './object-progress.ts'

/** Any object can have these reasons for some time on its way to the pods. They are not faults. */
const PASSING: ReadonlySet<string> = new Set<Condition['reason']>(['Pending', 'NotAccepted'])

/** Whether a condition reports a fault. The reasons in `PASSING` are not faults. */
export function isBad(condition: Condition): boolean {
  return !isAsWished(condition) && !PASSING.has(condition.reason)
}

/** What the operator did when it found the fault of a condition. For all other conditions, it compiled. */
const ACTIONS: Readonly<Partial<Record<ConditionType, string>>> = { Programmed: 'Publish', BackendsHealthy: 'Report' }

/**
 * Returns a warning for each fault that is not in the object's status yet. Returns one more Event if the object is ready again.
 */
export function eventsOf({ object, conditions }: ObjectNews): EventText[] {
  const stored = storedConditions(object.status)
  const warnings = conditions.filter(isWarnedOf).flatMap(({ type, status, reason, message }): EventText[] => {
    const said = stored.some((one) => one.type === type && one.status === status && one.reason === reason)
    const action = ACTIONS[type] ?? 'Compile'
    return said ? [] : [{ type: 'Warning', reason, action, note: message }]
  })
  return [...warnings, ...recovery(conditions, stored)]
}

/**
 * Whether an Event warns about a condition. `Ready` repeats the fault of another condition, so it is left out, except if the
 * object is being deleted.
 */
function isWarnedOf(condition: Condition): boolean {
  return isBad(condition) && (condition.type !== 'Ready' || condition.reason === 'Deleting')
}

/**
 * The Event that an object is ready again. There is such an Event only if an earlier Event has said why the object was not
 * ready. So an ordinary change makes no Event.
 */
function recovery(conditions: readonly Condition[], stored: readonly StoredCondition[]): EventText[] {
  const before = stored.find(({ type }) => type === 'Ready')
  const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True')
  if (!ready || before?.status !== 'False' || PASSING.has(before.reason)) return []
  return [{ type: 'Normal', reason: ready.reason, action: 'Publish', note: ready.message }]
}

/** The object in the form in which an Event names it. */
export function regarding({
  kind,
  namespace,
  name,
  uid,
}: Pick<TableObject, 'kind' | 'namespace' | 'name' | 'uid'>): Regarding {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, namespace, name, uid }
}
