import type { Condition } from '../../crds/schema/conditions.ts'
import { worstConditions } from '../compile/worst-condition.ts'

/** The facts that decide whether an object is ready, in addition to its other conditions. */
export interface ReadyInput {
  readonly inTable: boolean
  /** A text for people: when the object was deleted, and which finalizers keep it. Undefined if nobody has deleted the object. */
  readonly deletion: string | undefined
}

/**
 * The condition Ready, which summarizes whether an object works. A deleted object with finalizers keeps its place in the table
 * until the finalizers are removed, as a Service does. Its condition Ready is then False with the reason Deleting.
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
