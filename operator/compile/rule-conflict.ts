import { MATCH_CONDITIONS, type RuleEntry } from '../../ingress/route-table/route-table.ts'
import type { CompileMemory } from './compile-memory.ts'
import { COMPILER_ROWS } from './match-condition.ts'

/**
 * Rules that match the very same calls as another of the same priority: the loser's name to the winner's. The winner is
 * the first of the rules given, which are in the order of rules.
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

/** Equal for rules of one namespace, priority, set of trunks and sets of conditions, in whatever order they are written. */
export function matchKey(rule: RuleEntry): string {
  const lists = [rule.trunks, ...MATCH_CONDITIONS.map((condition) => COMPILER_ROWS[condition].keys(rule))]
  return JSON.stringify([rule.namespace, rule.priority, ...lists.map((list) => [...new Set(list)].sort())])
}
