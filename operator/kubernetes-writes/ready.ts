import type { Condition } from '../../crds/schema/conditions.ts'
import { worstConditions } from '../compile/worst-condition.ts'

/** The facts that, together with the other conditions of an object, decide whether it is ready. */
export interface ReadyInput {
  readonly inTable: boolean
  /**
   * A text for people. It says when the object was deleted and which finalizers keep it. Undefined if nobody has deleted the
   * object.
   */
  readonly deletion: string | undefined
}

/**
 * The condition Ready says whether an object works as a whole. A deleted object stays in the table until its finalizers are
 * removed; a Service in Kubernetes does the same. Until then its condition Ready is False with the reason Deleting.
 */
export function readyCondition(
  conditions: readonly Condition[],
  { inTable, deletion }: ReadyInput,
): Condition<'Ready'> {
  if (deletion !== undefined) {
    const until = inTable ? `${deletion}: until then it takes calls as before` : deletion
    return { type: 'Ready', status: 'False', reason: 'Deleting', message: until }
  }
  const [worst] = worstConditions(conditions)
  if (worst) return { type: 'Ready', status: 'False', reason: worst.reason, message: worst.message }
  const accepted = conditions.find(({ type }) => type === 'Accepted')?.message ?? ''
  return { type: 'Ready', status: 'True', reason: 'Ready', message: `${accepted}; the ingress pods run it` }
}
