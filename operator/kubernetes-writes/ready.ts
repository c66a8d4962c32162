import type { Condition } from '../../crds/schema/conditions.ts'
import { worstConditions } from '../compile/worst-condition.ts'

/** What beside its conditions decides whether an object is ready. */
export interface ReadyInput {
  readonly inTable: boolean
  /** When it was deleted and what keeps it; undefined where nobody has. */
  readonly deletion: string | undefined
}

/**
 * The one condition that says whether an object works. An object that was deleted keeps its place until whoever has set
 * its finalizers is done, as a Service does, and says so: what it is ready for is to go.
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
