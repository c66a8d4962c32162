/** Which conditions an author has to hear of: the Events that `kubectl describe` shows. */
import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import type { Condition } from '../../crds/schema/conditions.ts'
import type { EventText, Regarding } from '../control/event-recorder.ts'
import { storedConditions } from '../control/object-status.ts'
import type { CompiledObject } from './compiled-table.ts'
import type { ObjectNews } from './object-progress.ts'

/** These hold when all is well; the others only appear when something is not. */
const GOOD_WHEN_TRUE: ReadonlySet<Condition['type']> = new Set(['Accepted', 'ResolvedRefs', 'Programmed'])

/** What every object goes through on its way. */
const PASSING: ReadonlySet<Condition['reason']> = new Set(['Pending', 'NotAccepted'])

/** A condition that is not as the author of the object wants it. */
export function isBad({ type, status, reason }: Condition): boolean {
  return GOOD_WHEN_TRUE.has(type) ? status === 'False' && !PASSING.has(reason) : status === 'True'
}

/** A warning for each bad condition that the object's status does not tell already. */
export function warningsOf({ object, conditions }: ObjectNews): EventText[] {
  const stored = storedConditions(object.status)
  return conditions.filter(isBad).flatMap(({ type, status, reason, message }): EventText[] => {
    const told = stored.some((one) => one.type === type && one.status === status && one.reason === reason)
    const action = type === 'Programmed' ? 'Publish' : 'Compile'
    return told ? [] : [{ type: 'Warning', reason, action, note: message }]
  })
}

/** The object as an Event names it. */
export function regarding({ kind, namespace, name, uid }: CompiledObject): Regarding {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, namespace, name, uid }
}
