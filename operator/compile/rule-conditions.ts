import type { Condition } from '../../crds/schema/conditions.ts'
import { placeText } from '../../ingress/route-table/route-table.ts'
import type { CompileMemory, ConditionGrounds } from './compile-memory.ts'
import { isFalse, isTrue, type ObjectConditions, objectConditions } from './object-conditions.ts'
import type { ResolvedRule } from './rule-references.ts'
import { FIELDS_DROPPED, takenUnsaid } from './taken-calls.ts'

/**
 * The result of comparing the rules with each other. In both maps, a key is the name of a rule, and its value is the name of an
 * earlier rule.
 */
export interface RuleComparison {
  /** The rules that match exactly the same calls as an earlier rule. */
  readonly winners: ReadonlyMap<string, string>
  /** The rules that are shadowed: an earlier rule takes all of their calls. */
  readonly shadows: ReadonlyMap<string, string>
  /** True if the API server drops fields that it does not know. */
  readonly fieldsDropped: boolean
  /** Names of backends that do not resolve from the operator, with the reason in one word. */
  readonly unresolvedNames: ReadonlyMap<string, string>
}

/** Returns the conditions of a rule. It returns the same object as before, as long as the conditions do not change. */
export function ruleConditions(
  resolved: ResolvedRule,
  { winners, shadows, fieldsDropped, unresolvedNames }: RuleComparison,
  memory: Pick<CompileMemory, 'conditions'>,
): ObjectConditions {
  const winner = winners.get(resolved.name)
  const shadow = shadows.get(resolved.name)
  const known = memory.conditions.get(resolved)
  const now = { winner, shadow, fieldsDropped, unresolved: unresolvedText(resolved, unresolvedNames) }
  if (known && sameGrounds(known, now)) return known.conditions
  const conditions = conditionsOf(resolved, now)
  memory.conditions.set(resolved, { ...now, conditions })
  return conditions
}

function sameGrounds(a: ConditionGrounds, b: ConditionGrounds): boolean {
  if (a.winner !== b.winner || a.shadow !== b.shadow) return false
  return a.fieldsDropped === b.fieldsDropped && a.unresolved === b.unresolved
}

function conditionsOf(resolved: ResolvedRule, grounds: ConditionGrounds): ObjectConditions {
  const { winner, shadow, unresolved } = grounds
  const conditions: Condition[] = [acceptedCondition(resolved, grounds), referencesCondition(resolved, unresolved)]
  if (winner !== undefined) {
    conditions.push(isTrue('Conflicted', 'SameMatch', `${winner} has the same priority, trunks and conditions`))
  }
  if (shadow !== undefined) {
    conditions.push(isTrue('Shadowed', 'EarlierRule', `${shadow} comes first and takes every call of this rule`))
  }
  return objectConditions(resolved.rule, conditions)
}

function acceptedCondition(resolved: ResolvedRule, { winner, fieldsDropped }: ConditionGrounds): Condition {
  if (winner !== undefined) {
    return isFalse('Accepted', 'Conflicted', `${winner} matches the same calls and comes first: change one of the two`)
  }
  if (resolved.problem !== undefined) return isFalse('Accepted', 'Invalid', resolved.problem)
  if (!resolved.entry) {
    const trunks = resolved.faults.filter(({ reason }) => reason === 'TrunkNotFound').map(({ message }) => message)
    return isFalse('Accepted', 'NoTrunk', ['the rule has no trunk', ...trunks].join(': '))
  }
  const unsaid = takenUnsaid(resolved.rule, resolved.entry.trunks)
  if (unsaid === undefined) return isTrue('Accepted', 'Accepted', 'the rule is in the table')
  return isTrue('Accepted', 'Accepted', `the rule is in the table: it ${unsaid}${fieldsDropped ? FIELDS_DROPPED : ''}`)
}

/**
 * The condition `ResolvedRefs` of a rule. If there are faults, it has the reason of the first fault, and its message names all
 * of them.
 */
function referencesCondition({ faults, rule }: ResolvedRule, unresolved: string): Condition {
  const [first] = faults
  if (first) {
    const messages = new Set(faults.map(({ message }) => message))
    return isFalse('ResolvedRefs', first.reason, [...messages].join('; ') + unresolved)
  }
  const every = rule.spec.trunkRefs.length === 0
  const trunks = every ? 'the rule serves every trunk of its namespace' : 'every referenced trunk exists'
  const hasServices = rule.spec.action.route?.backends.some(({ service }) => service !== undefined) ?? false
  const message = hasServices ? `${trunks}, and every referenced Service has a ready endpoint` : trunks
  return isTrue('ResolvedRefs', 'ResolvedRefs', message + unresolved)
}

/**
 * A warning about names that do not resolve. It changes no condition: the names are looked up by the pods, and they may ask another
 * DNS than the operator.
 */
function unresolvedText({ entry }: ResolvedRule, unresolvedNames: ReadonlyMap<string, string>): string {
  if (unresolvedNames.size === 0 || entry?.action.type !== 'Route') return ''
  const places = entry.action.backends.filter((backend) => 'host' in backend).map(placeText)
  const told = [...new Set(places)].flatMap((place) => {
    const reason = unresolvedNames.get(place)
    return reason === undefined ? [] : [`${place} (${reason})`]
  })
  if (told.length === 0) return ''
  return `; from the operator, which may ask another DNS than the pods, these names do not resolve: ${told.join(', ')}`
}
