/** Which conditions an author has to know of: the Events that `kubectl describe` shows. */
import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import { type Condition, isAsWished } from '../../crds/schema/conditions.ts'
import type { EventText, Regarding } from '../kubernetes-writes/event-recorder.ts'
import { type StoredCondition, storedConditions } from '../kubernetes-writes/object-status.ts'
import type { TableObject } from './compiled-table.ts'
import type { ObjectNews } from './object-progress.ts'

/** What every object goes through on its way. */
const PASSING: ReadonlySet<string> = new Set<Condition['reason']>(['Pending', 'NotAccepted'])

/** A condition that is not as the author of the object wants it. */
export function isBad(condition: Condition): boolean {
  return !isAsWished(condition) && !PASSING.has(condition.reason)
}

/** A warning for each bad condition that the object's status does not say already, and that all is well again. */
export function eventsOf({ object, conditions }: ObjectNews): EventText[] {
  const stored = storedConditions(object.status)
  const warnings = conditions.filter(isWarnedOf).flatMap(({ type, status, reason, message }): EventText[] => {
    const said = stored.some((one) => one.type === type && one.status === status && one.reason === reason)
    const action = type === 'Programmed' ? 'Publish' : 'Compile'
    return said ? [] : [{ type: 'Warning', reason, action, note: message }]
  })
  return [...warnings, ...recovery(conditions, stored)]
}

/** `Ready` repeats what another condition says, but for that somebody deletes the object. */
function isWarnedOf(condition: Condition): boolean {
  return isBad(condition) && (condition.type !== 'Ready' || condition.reason === 'Deleting')
}

/** An object that was not ready for a reason that an Event has reported is ready again: only then, and not after each change. */
function recovery(conditions: readonly Condition[], stored: readonly StoredCondition[]): EventText[] {
  const before = stored.find(({ type }) => type === 'Ready')
  const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True')
  if (!ready || before?.status !== 'False' || PASSING.has(before.reason)) return []
  return [{ type: 'Normal', reason: ready.reason, action: 'Publish', note: ready.message }]
}

/** The object as an Event names it. */
export function regarding({
  kind,
  namespace,
  name,
  uid,
}: Pick<TableObject, 'kind' | 'namespace' | 'name' | 'uid'>): Regarding {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, namespace, name, uid }
}
