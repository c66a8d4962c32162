import type { Condition, ConditionType } from '../../crds/schema/conditions.ts'
import { compareText } from '../../ingress/route-table/age-order.ts'
import { objectKey } from './object-name.ts'

/** The conditions that the compiler reports about one object. */
export interface ObjectConditions {
  readonly kind: 'SipTrunk' | 'DispatchRule'
  readonly namespace: string
  readonly name: string
  /** `metadata.generation` of the compiled object. 0 if the object has no generation. */
  readonly generation: number
  readonly conditions: readonly Condition[]
}

/** An object that is not valid, and therefore not in the table. */
export interface RefusedObject {
  readonly kind: ObjectConditions['kind']
  readonly namespace: string
  readonly name: string
  readonly generation: number
  /** The reason for the condition `Accepted=False`. */
  readonly reason: 'UnknownField' | 'Invalid'
  /** A text that names the wrong field and says what was expected. */
  readonly problem: string
}

interface IdentifiedObject {
  readonly kind: ObjectConditions['kind']
  readonly metadata: { readonly namespace: string; readonly name: string; readonly generation?: number | undefined }
}

export function objectConditions(object: IdentifiedObject, conditions: readonly Condition[]): ObjectConditions {
  const { namespace, name, generation } = object.metadata
  return { kind: object.kind, namespace, name, generation: generation ?? 0, conditions }
}

/** Makes a condition with the status True. */
export const isTrue = withStatus('True')

/** Makes a condition with the status False. */
export const isFalse = withStatus('False')

function withStatus(status: Condition['status']) {
  return <T extends ConditionType>(type: T, reason: Condition<T>['reason'], message: string): Condition<T> => ({
    type,
    status,
    reason,
    message,
  })
}

/**
 * Sorts objects for a reader: first trunks, then rules, each sorted by name. The sort key of each object is made only once, and
 * not at every comparison.
 */
export function inNameOrder(objects: readonly ObjectConditions[]): ObjectConditions[] {
  const named = objects.map((object) => ({ object, key: `${object.kind === 'SipTrunk' ? 0 : 1} ${objectKey(object)}` }))
  return named.sort((a, b) => compareText(a.key, b.key)).map(({ object }) => object)
}
