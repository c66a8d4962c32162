import { type Condition, type ConditionType, isAsWished } from '../../crds/schema/conditions.ts'

/** What keeps an object from working, from what keeps it from it altogether to what mostly passes by itself. */
const WORST_FIRST: readonly ConditionType[] = ['Accepted', 'Shadowed', 'ResolvedRefs', 'Conflicted', 'Programmed']

/**
 * The conditions that are not as the author of the object wants them, the worst first. Where the object is not accepted
 * that one alone: the others follow from it, or say the same once more.
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
