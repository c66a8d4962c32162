import { type Condition, type ConditionType, isAsWished } from '../../crds/schema/conditions.ts'

/**
 * Conditions, the worst first. If the first one reports a fault, the object does not work at all. If the last one reports a
 * fault, the fault usually ends without any action.
 */
const WORST_FIRST: readonly ConditionType[] = ['Accepted', 'Shadowed', 'ResolvedRefs', 'Conflicted', 'Programmed']

/**
 * The conditions that report a fault, the worst first. If Accepted reports a fault, only Accepted is returned, because the
 * faults of the other conditions follow from it or repeat it.
 */
export function worstConditions(conditions: readonly Condition[]): Condition[] {
  const worst: Condition[] = []
  for (const type of WORST_FIRST) {
    const found = conditions.find((condition) => condition.type === type)
    if (found === undefined || isAsWished(found)) continue
    worst.push(found)
    if (type === 'Accepted') break
  }
  return worst
}
