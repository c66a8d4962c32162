import type { Condition } from '../../crds/schema/conditions.ts'
import type { CompileMemory } from './compile-memory.ts'
import { isFalse, isTrue, type ObjectConditions, objectConditions } from './object-conditions.ts'
import type { ResolvedRule } from './rule-references.ts'

/** What came out when the rules were compared with each other; names of losers to names of winners. */
export interface RuleComparison {
  /** Rules that another one with the very same conditions comes before. */
  readonly winners: ReadonlyMap<string, string>
  /** Rules that an earlier one leaves no call to. */
  readonly shadows: ReadonlyMap<string, string>
}

/** The conditions of a rule: the same object as long as nothing about them has changed. */
export function ruleConditions(
  resolved: ResolvedRule,
  { winners, shadows }: RuleComparison,
  memory: Pick<CompileMemory, 'conditions'>,
): ObjectConditions {
  const winner = winners.get(resolved.name)
  const shadow = shadows.get(resolved.name)
  const known = memory.conditions.get(resolved)
  if (known && known.winner === winner && known.shadow === shadow) return known.conditions
  const conditions = conditionsOf(resolved, winner, shadow)
  memory.conditions.set(resolved, { winner, shadow, conditions })
  return conditions
}

function conditionsOf(
  resolved: ResolvedRule,
  winner: string | undefined,
  shadow: string | undefined,
): ObjectConditions {
  const conditions: Condition[] = [acceptedCondition(resolved, winner), referencesCondition(resolved)]
  if (winner !== undefined) {
    conditions.push(isTrue('Conflicted', 'SameMatch', `${winner} has the same priority, trunks and conditions`))
  }
  if (shadow !== undefined) {
    conditions.push(isTrue('Shadowed', 'EarlierRule', `${shadow} comes first and takes every call of this rule`))
  }
  return objectConditions(resolved.rule, conditions)
}

function acceptedCondition(resolved: ResolvedRule, winner: string | undefined): Condition {
  if (winner !== undefined) {
    return isFalse('Accepted', 'Conflicted', `${winner} matches the same calls and comes first: change one of the two`)
  }
  if (resolved.problem !== undefined) return isFalse('Accepted', 'Invalid', resolved.problem)
  if (!resolved.entry) {
    const trunks = resolved.faults.filter(({ reason }) => reason === 'TrunkNotFound').map(({ message }) => message)
    return isFalse('Accepted', 'NoTrunk', ['the rule has no trunk', ...trunks].join(': '))
  }
  return isTrue('Accepted', 'Accepted', 'the rule is in the table')
}

/** The reason is that of the first fault; the message names all of them. */
function referencesCondition({ faults, rule }: ResolvedRule): Condition {
  const [first] = faults
  if (first) {
    const messages = new Set(faults.map(({ message }) => message))
    return isFalse('ResolvedRefs', first.reason, [...messages].join('; '))
  }
  const every = rule.spec.trunkRefs.length === 0
  const trunks = every ? 'the rule serves every trunk of its namespace' : 'every referenced trunk exists'
  const hasServices = rule.spec.action.route?.backends.some(({ service }) => service !== undefined) ?? false
  const message = hasServices ? `${trunks}, and every referenced Service has a ready endpoint` : trunks
  return isTrue('ResolvedRefs', 'ResolvedRefs', message)
}
