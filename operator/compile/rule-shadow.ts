/**
 * Finds the rules that can never be reached, because an earlier rule takes all their calls. `match-condition.ts` decides this for
 * one condition. `shadow-change.ts` uses this file again when a few rules have changed.
 */
import { MATCH_CONDITIONS, type RuleEntry } from '../../ingress/route-table/route-table.ts'
import { MAX_SHADOW_CANDIDATES, MAX_SHADOW_KEYS } from './limits.ts'
import { COMPILER_ROWS } from './match-condition.ts'
import { type AskedRule, addText, askedRule, type IndexTexts } from './shadow-index.ts'

/** The rules of a sequence that can never be reached. Their condition `Shadowed` is True (`rule-conditions.ts`). */
export interface Shadows {
  /**
   * A key is the name of a rule that can never be reached. Its value is the name of an earlier rule that takes all its calls.
   */
  readonly byRule: ReadonlyMap<string, string>
  /** The rules that were compared, in the order in which they are tried. */
  readonly rules: readonly RuleEntry[]
  /** False if some rules were not compared because of `MAX_SHADOW_CANDIDATES`. */
  readonly exhaustive: boolean
}

export const NO_SHADOWS: Shadows = { byRule: new Map(), rules: [], exhaustive: true }

/**
 * Finds the rules that can never be reached. For each it finds the first earlier rule that takes all its calls. Every result is
 * certain. Two kinds of unreachable rules are not found: rules that lose their calls to several earlier rules together, and
 * rules for which regular expressions must be understood. `rules` must be in the order of rules.
 */
export function shadowingRules(rules: readonly RuleEntry[]): Shadows {
  const indexes = new Map<string, ShadowIndex>()
  const byRule = new Map<string, string>()
  let exhaustive = true
  for (const [position, rule] of rules.entries()) {
    const index = indexes.get(rule.namespace) ?? { byKey: new Map(), known: new Set(), starts: new Map() }
    indexes.set(rule.namespace, index)
    const earlier = findEarlier(index, rule)
    if (earlier) byRule.set(rule.name, earlier.name)
    else if (isIndexed(rule)) exhaustive = addRule(index, rule, position) && exhaustive
  }
  return { byRule, rules, exhaustive }
}

/** Whether `outer` takes every call of `inner` if `outer` comes first. Both rules must belong to the same namespace. */
export function takesAllCalls(outer: RuleEntry, inner: RuleEntry): boolean {
  return isIndexed(outer) && takesAll(outer, inner, askedRule(inner))
}

const ROWS = MATCH_CONDITIONS.map((condition) => COMPILER_ROWS[condition])

/**
 * Headers are compared first, because each header is only looked up in a set. Numbers take more time, because their lists are
 * walked through.
 */
const CHEAPEST_FIRST = ROWS.toReversed()

/**
 * Whether the rule is in the index. A rule with more keys than `MAX_SHADOW_KEYS` is left out: no rule is found to be shadowed
 * by it.
 */
function isIndexed(rule: RuleEntry): boolean {
  const keys = ROWS.reduce((product, row) => product * row.countTexts(rule), Math.max(rule.trunks.length, 1))
  return keys <= MAX_SHADOW_KEYS
}

interface Placed {
  readonly rule: RuleEntry
  readonly position: number
}

interface ShadowIndex extends IndexTexts {
  /** The rules under each key. A key is one trunk together with one text of each condition. */
  readonly byKey: Map<string, Placed[]>
}

/**
 * Adds a rule to the index. A rule that is itself shadowed may be left out, because the earlier rule also shadows everything
 * that the left-out rule would shadow. Returns false if there was no room for the rule under one of its keys.
 */
function addRule(index: ShadowIndex, rule: RuleEntry, position: number): boolean {
  const trunks = rule.trunks.length === 0 ? ['*'] : rule.trunks
  const texts = ROWS.map((row) => row.ownTexts(rule))
  for (const text of texts.flat()) addText(index, text)
  let hasRoom = true
  for (const key of keysOf([trunks, ...texts])) {
    const placed = index.byKey.get(key)
    if (!placed) index.byKey.set(key, [{ rule, position }])
    else if (placed.length < MAX_SHADOW_CANDIDATES) placed.push({ rule, position })
    else hasRoom = false
  }
  return hasRoom
}

function findEarlier(index: ShadowIndex, rule: RuleEntry): RuleEntry | undefined {
  const trunks = ['*', ...rule.trunks.slice(0, 1)]
  const asked = askedRule(rule)
  const texts = ROWS.map((row) => row.impliedTexts(asked, index).filter((text) => index.known.has(text)))
  let earliest: Placed | undefined
  for (const key of keysOf([trunks, ...texts])) {
    const found = index.byKey.get(key)?.find((placed) => takesAll(placed.rule, rule, asked))
    if (found && found.position < (earliest?.position ?? Number.POSITIVE_INFINITY)) earliest = found
  }
  return earliest?.rule
}

function takesAll(outer: RuleEntry, inner: RuleEntry, asked: AskedRule): boolean {
  const trunks =
    outer.trunks.length === 0 || (inner.trunks.length > 0 && inner.trunks.every((name) => outer.trunks.includes(name)))
  return trunks && CHEAPEST_FIRST.every((row) => row.covers(outer, asked))
}

/** Makes one key for every combination of one text from each list. */
function keysOf(lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>((keys, list) => keys.flatMap((key) => list.map((part) => `${key}\n${part}`)), [''])
}
