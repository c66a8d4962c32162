import { type Condition, type ConditionType, isAsWished } from '../../crds/schema/conditions.ts'

/**
 * The conditions that report why an object does not work. If the first condition is bad, the object does not work at all. If the
 * last condition is bad, it usually becomes right by itself.
 */
const WORST_FIRST: readonly ConditionType[] = ['Accepted', 'Shadowed', 'ResolvedRefs', 'Conflicted', 'Programmed']

/**
 * The conditions that are not as the author of the object wants them, the worst first. If the object is not accepted, only the
 * condition Accepted is returned, because the other conditions follow from it or repeat it.
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
