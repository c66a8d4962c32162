/**
 * Finds the rules that can never be reached. If only a few rules have changed since the last compilation, this takes little
 * time.
 */
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import { compareRules } from '../../ingress/route-table/rule-order.ts'
import { MAX_SEQUENCE_CHANGES, MAX_SHADOW_CHANGES } from './limits.ts'
import { matchKey } from './rule-conflict.ts'
import { type SequenceChange, sequenceChange } from './rule-sequence.ts'
import { type Shadows, shadowingRules, takesAllCalls } from './rule-shadow.ts'

/**
 * Finds which of the rules are shadowed, and by which earlier rule. If the rules differ little from the rules of `before`, the
 * result in `before` is corrected. Otherwise everything is computed again. Both ways give the same result.
 */
export function shadowsAfter(rules: readonly RuleEntry[], before: Shadows): Shadows {
  const change = before.exhaustive ? sequenceChange(before.rules, rules, MAX_SEQUENCE_CHANGES) : undefined
  const matches = change && matchChange(change)
  if (!matches) return shadowingRules(rules)
  const { added, removed } = matches
  if (added.length + removed.length === 0) return { ...before, rules }
  if (added.length + removed.length > 2 * MAX_SHADOW_CHANGES) return shadowingRules(rules)
  const byRule = new Map(before.byRule)
  for (const { name } of removed) byRule.delete(name)
  const asked = new Set([...added.map(({ name }) => name), ...shadowedBy(byRule, removed)])
  if (asked.size > MAX_SHADOW_CHANGES) return shadowingRules(rules)
  shadowLater(byRule, rules, added)
  for (const rule of rules) {
    if (asked.has(rule.name)) setShadow(byRule, rule, firstThatTakesAll(rules, rule))
  }
  return { byRule, rules, exhaustive: true }
}

/**
 * Leaves out each rule whose change cannot affect which rules are shadowed. For example, only the action of a rule has changed.
 */
function matchChange({ removed, added }: SequenceChange): SequenceChange {
  const olds = new Map(removed.map((rule) => [rule.name, rule]))
  const same = new Set<string>()
  for (const rule of added) {
    const old = olds.get(rule.name)
    if (old && compareRules(old, rule) === 0 && matchKey(old) === matchKey(rule)) same.add(rule.name)
  }
  const differs = ({ name }: RuleEntry): boolean => !same.has(name)
  return { removed: removed.filter(differs), added: added.filter(differs) }
}

function shadowedBy(byRule: ReadonlyMap<string, string>, removed: readonly RuleEntry[]): string[] {
  const gone = new Set(removed.map(({ name }) => name))
  return [...byRule].filter(([, shadow]) => gone.has(shadow)).map(([name]) => name)
}

/**
 * Records which later rules a new rule shadows. A later rule stays unchanged if it is already shadowed by a rule that comes
 * before the new one. `added` must be in the order of rules.
 */
function shadowLater(byRule: Map<string, string>, rules: readonly RuleEntry[], added: readonly RuleEntry[]): void {
  const places = new Map(rules.map((rule, place) => [rule.name, place]))
  const place = (name: string | undefined): number => places.get(name ?? '') ?? Number.POSITIVE_INFINITY
  for (const outer of added) {
    const from = place(outer.name)
    for (const inner of rules.slice(from + 1)) {
      if (inner.namespace !== outer.namespace || place(byRule.get(inner.name)) < from) continue
      if (takesAllCalls(outer, inner)) byRule.set(inner.name, outer.name)
    }
  }
}

function firstThatTakesAll(rules: readonly RuleEntry[], rule: RuleEntry): RuleEntry | undefined {
  for (const earlier of rules) {
    if (earlier === rule) return undefined
    if (earlier.namespace === rule.namespace && takesAllCalls(earlier, rule)) return earlier
  }
  return undefined
}

function setShadow(byRule: Map<string, string>, { name }: RuleEntry, shadow: RuleEntry | undefined): void {
  if (shadow) byRule.set(name, shadow.name)
  else byRule.delete(name)
}
