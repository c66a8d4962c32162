import type { Condition, ConditionType } from '../../crds/schema/conditions.ts'
import { compareText } from '../../ingress/route-table/rule-order.ts'
import { objectKey } from './object-name.ts'

/** What the compiler has to say about one object. */
export interface ObjectConditions {
  readonly kind: 'SipTrunk' | 'DispatchRule'
  readonly namespace: string
  readonly name: string
  /** metadata.generation of the object that was compiled; 0 where it has none. */
  readonly generation: number
  readonly conditions: readonly Condition[]
}

/** An object that is not valid: it is not in the table. */
export interface RefusedObject {
  readonly kind: ObjectConditions['kind']
  readonly namespace: string
  readonly name: string
  readonly generation: number
  /** Why it is not accepted. */
  readonly reason: 'UnknownField' | 'Invalid'
  /** Which field is wrong and what was expected. */
  readonly problem: string
}

interface CompiledObject {
  readonly kind: ObjectConditions['kind']
  readonly metadata: { readonly namespace: string; readonly name: string; readonly generation?: number | undefined }
}

/** The conditions of one object. */
export function objectConditions(object: CompiledObject, conditions: readonly Condition[]): ObjectConditions {
  const { namespace, name, generation } = object.metadata
  return { kind: object.kind, namespace, name, generation: generation ?? 0, conditions }
}

/** A condition that holds. */
export function isTrue<T extends ConditionType>(
  type: T,
  reason: Condition<T>['reason'],
  message: string,
): Condition<T> {
  return { type, status: 'True', reason, message }
}

/** A condition that does not hold. */
export function isFalse<T extends ConditionType>(
  type: T,
  reason: Condition<T>['reason'],
  message: string,
): Condition<T> {
  return { type, status: 'False', reason, message }
}

/** Trunks, then rules, by name: for whoever shows them to people. Each name is made once, not at every comparison. */
export function inNameOrder(objects: readonly ObjectConditions[]): ObjectConditions[] {
  const named = objects.map((object) => ({ object, key: `${object.kind === 'SipTrunk' ? 0 : 1} ${objectKey(object)}` }))
  return named.sort((a, b) => compareText(a.key, b.key)).map(({ object }) => object)
}
