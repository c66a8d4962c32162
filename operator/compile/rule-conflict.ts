import { MATCH_CONDITIONS, type RuleEntry } from '../../ingress/route-table/route-table.ts'
import type { CompileMemory } from './compile-memory.ts'
import { COMPILER_ROWS } from './match-condition.ts'

/**
 * Finds the rules that match exactly the same calls as an earlier rule of the same priority. In the result, a key is the name
 * of such a rule, and its value is the name of the first rule with the same match. `rules` must be in the order of rules.
 */
export function sameMatches(rules: readonly RuleEntry[], keys: CompileMemory['matchKeys']): Map<string, string> {
  const first = new Map<string, string>()
  const winners = new Map<string, string>()
  for (const rule of rules) {
    const key = knownKey(rule, keys)
    const winner = first.get(key)
    if (winner === undefined) first.set(key, rule.name)
    else winners.set(rule.name, winner)
  }
  return winners
}

function knownKey(rule: RuleEntry, keys: CompileMemory['matchKeys']): string {
  const known = keys.get(rule)
  if (known !== undefined) return known
  const key = matchKey(rule)
  keys.set(rule, key)
  return key
}

/**
 * A text for comparing rules. Two rules with the same namespace, priority, trunks and conditions have equal texts. The order of
 * the trunks and conditions in a rule does not matter.
 */
export function matchKey(rule: RuleEntry): string {
  const lists = [rule.trunks, ...MATCH_CONDITIONS.map((condition) => COMPILER_ROWS[condition].keys(rule))]
  return JSON.stringify([rule.namespace, rule.priority, ...lists.map((list) => [...new Set(list)].sort())])
}
