import type { Condition } from '../../crds/schema/conditions.ts'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { RuleEntry, TableEntry } from '../../ingress/route-table/route-table.ts'
import { compareRules } from '../../ingress/route-table/rule-order.ts'
import { isFalse, isTrue, type ObjectConditions, objectConditions } from './object-conditions.ts'
import { objectKey, olderFirst } from './object-name.ts'
import { sameMatches } from './rule-conflict.ts'
import { ruleEntry } from './rule-entry.ts'
import { shadowingRules } from './rule-shadow.ts'
import { olderTrunks, type TrunkConflict } from './trunk-conflict.ts'
import { trunkEntry } from './trunk-entry.ts'

/** Every object of the installation, as the schemas have accepted it; names are unique inside a kind. */
export interface CompileInput {
  readonly trunks: readonly SipTrunk[]
  readonly rules: readonly DispatchRule[]
}

export interface CompileOutput {
  /** Trunks, oldest first, then rules in the order in which they are tried (`compareRules`). */
  readonly entries: TableEntry[]
  /** One for each object of the input: trunks, then rules, by `namespace/name`. */
  readonly conditions: ObjectConditions[]
}

/**
 * Compiles the whole set of objects into the table that ingress pods run on. A bad object costs nobody else anything:
 * what is wrong with it stands in its conditions.
 *
 * - A trunk that overlaps with an older one of another namespace is in the table all the same (`Conflicted`).
 * - A rule is in the table for those of its trunks that exist; where none does it is left out (`Accepted=False`).
 * - Of rules that match the very same calls the first in the order of rules is in the table, the others are left out.
 * - A rule that an earlier one keeps from ever being reached stays in the table (`Shadowed`).
 */
export function compile(input: CompileInput): CompileOutput {
  const trunks = input.trunks.map(trunkEntry).toSorted(olderFirst)
  const conflicts = olderTrunks(trunks)
  const names = new Set(trunks.map((trunk) => trunk.name))
  const resolved = input.rules.map((rule) => resolve(rule, names))
  const compiled = resolved.flatMap(({ entry }) => (entry ? [entry] : [])).toSorted(compareRules)
  const winners = sameMatches(compiled)
  const rules = compiled.filter((rule) => !winners.has(rule.name))
  const shadows = shadowingRules(rules)
  return {
    entries: [...trunks, ...rules],
    conditions: [
      ...input.trunks.toSorted(byName).map((trunk) => trunkConditions(trunk, conflicts.get(objectKey(trunk.metadata)))),
      ...resolved.toSorted((a, b) => byName(a.rule, b.rule)).map((rule) => ruleConditions(rule, winners, shadows)),
    ],
  }
}

interface ResolvedRule {
  readonly rule: DispatchRule
  /** Undefined where the rule names trunks and none of them exists. */
  readonly entry: RuleEntry | undefined
  /** Trunks that the rule names and that do not exist, `namespace/name`. */
  readonly missing: readonly string[]
}

function resolve(rule: DispatchRule, trunkNames: ReadonlySet<string>): ResolvedRule {
  const { namespace } = rule.metadata
  const references = rule.spec.trunkRefs.map(({ name }) => objectKey({ namespace, name }))
  const present = references.filter((reference) => trunkNames.has(reference))
  const missing = references.filter((reference) => !trunkNames.has(reference))
  // No reference is every trunk; references that lead nowhere are none.
  const entry = references.length > 0 && present.length === 0 ? undefined : ruleEntry(rule, present)
  return { rule, entry, missing }
}

function trunkConditions(trunk: SipTrunk, conflict: TrunkConflict | undefined): ObjectConditions {
  const conditions: Condition[] = [
    isTrue('Accepted', 'Accepted', 'the trunk is in the table'),
    isTrue('ResolvedRefs', 'ResolvedRefs', 'the trunk references nothing'),
  ]
  if (conflict) {
    const { source, older } = conflict
    const message = `${source} overlaps with the older trunk ${older.name}: calls that both admit go by the rules of namespace ${older.namespace}`
    conditions.push(isTrue('Conflicted', 'OlderTrunk', message))
  }
  return objectConditions(trunk, conditions)
}

function ruleConditions(
  resolved: ResolvedRule,
  winners: ReadonlyMap<string, string>,
  shadows: ReadonlyMap<string, string>,
): ObjectConditions {
  const name = objectKey(resolved.rule.metadata)
  const winner = winners.get(name)
  const conditions: Condition[] = [acceptedCondition(resolved, winner), referencesCondition(resolved)]
  if (winner !== undefined) {
    conditions.push(isTrue('Conflicted', 'SameMatch', `${winner} has the same priority, trunks and conditions`))
  }
  const shadow = shadows.get(name)
  if (shadow !== undefined) {
    conditions.push(isTrue('Shadowed', 'EarlierRule', `${shadow} comes first and takes every call of this rule`))
  }
  return objectConditions(resolved.rule, conditions)
}

function acceptedCondition(resolved: ResolvedRule, winner: string | undefined): Condition {
  if (winner !== undefined) {
    return isFalse('Accepted', 'Conflicted', `${winner} matches the same calls and comes first: change one of the two`)
  }
  if (!resolved.entry) return isFalse('Accepted', 'NoTrunk', 'none of the trunks that the rule references exists')
  return isTrue('Accepted', 'Accepted', 'the rule is in the table')
}

function referencesCondition({ missing, rule }: ResolvedRule): Condition {
  if (missing.length > 0) {
    const plural = missing.length === 1 ? 'does not exist' : 'do not exist'
    return isFalse(
      'ResolvedRefs',
      'TrunkNotFound',
      `${missing.join(', ')} ${plural}: create the SipTrunk or correct trunkRefs`,
    )
  }
  const every = rule.spec.trunkRefs.length === 0
  const message = every ? 'the rule serves every trunk of its namespace' : 'every referenced trunk exists'
  return isTrue('ResolvedRefs', 'ResolvedRefs', message)
}

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string }
}

function byName(a: Named, b: Named): number {
  const [p, q] = [objectKey(a.metadata), objectKey(b.metadata)]
  if (p === q) return 0
  return p < q ? -1 : 1
}
