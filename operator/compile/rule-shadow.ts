import type { NumberPredicate, RuleEntry } from '../../ingress/route-table/route-table.ts'
import { headerKey, impliedKeys } from './header-predicate.ts'
import { MAX_SHADOW_CANDIDATES, MAX_SHADOW_KEYS } from './limits.ts'
import { listCovers, predicateKey } from './number-predicate.ts'

/** Which rules of a sequence can never be reached. */
export interface Shadows {
  /** Each of them, by name, with the name of one earlier rule that takes all its calls. */
  readonly byRule: ReadonlyMap<string, string>
  /** The sequence, in the order of rules. */
  readonly rules: readonly RuleEntry[]
  /** False where `MAX_SHADOW_CANDIDATES` has kept some rules from being compared. */
  readonly exhaustive: boolean
}

export const NO_SHADOWS: Shadows = { byRule: new Map(), rules: [], exhaustive: true }

/**
 * Rules that can never be reached, each to the first earlier rule that takes all its calls. What is said is certain; a
 * rule that only several others together leave nothing to, or whose regular expression would have to be understood, is
 * not named. The rules given are in the order of rules.
 *
 * A rule that takes all calls of another has, for each dimension, a condition that follows from the other's. So every
 * rule stands in an index under its own conditions, and a later rule asks for those that follow from its conditions.
 */
export function shadowingRules(rules: readonly RuleEntry[]): Shadows {
  const indexes = new Map<string, ShadowIndex>()
  const byRule = new Map<string, string>()
  let exhaustive = true
  for (const [position, rule] of rules.entries()) {
    const index = indexes.get(rule.namespace) ?? { byKey: new Map(), conditions: new Set(), starts: new Map() }
    indexes.set(rule.namespace, index)
    const earlier = findEarlier(index, rule)
    if (earlier) byRule.set(rule.name, earlier.name)
    else if (isIndexed(rule)) exhaustive = addRule(index, rule, position) && exhaustive
  }
  return { byRule, rules, exhaustive }
}

/** Whether `outer` takes every call of `inner`, if it comes first: both are of one namespace. */
export function takesAllCalls(outer: RuleEntry, inner: RuleEntry): boolean {
  return isIndexed(outer) && takesAll(outer, inner, new Set(inner.headers.flatMap(impliedKeys)))
}

/** A rule with more keys is not looked at as one that shadows others. */
function isIndexed({ trunks, called, calling }: RuleEntry): boolean {
  return Math.max(trunks.length, 1) * Math.max(called.length, 1) * Math.max(calling.length, 1) <= MAX_SHADOW_KEYS
}

interface Placed {
  readonly rule: RuleEntry
  readonly position: number
}

interface ShadowIndex {
  /** By a trunk and a condition of each dimension. */
  readonly byKey: Map<string, Placed[]>
  /** Every single condition in a key, so that no others are asked for. */
  readonly conditions: Set<string>
  /** Which lengths the starts of numbers in conditions have, by all of the condition but its start. */
  readonly starts: Map<string, Set<number>>
}

/**
 * A shadowed rule is not added: whatever it would shadow, the rule that shadows it shadows too. False where a key had no
 * room for it.
 */
function addRule(index: ShadowIndex, rule: RuleEntry, position: number): boolean {
  const trunks = rule.trunks.length === 0 ? ['*'] : rule.trunks
  const called = ownConditions('called', rule.called)
  const calling = ownConditions('calling', rule.calling)
  const [header] = rule.headers
  const headers = [header ? `header:${headerKey(header)}` : 'header']
  for (const condition of [...called, ...calling, ...headers]) {
    if (!index.conditions.has(condition)) addCondition(index, condition)
  }
  let hasRoom = true
  for (const key of keysOf([trunks, called, calling, headers])) {
    const placed = index.byKey.get(key)
    if (!placed) index.byKey.set(key, [{ rule, position }])
    else if (placed.length < MAX_SHADOW_CANDIDATES) placed.push({ rule, position })
    else hasRoom = false
  }
  return hasRoom
}

function addCondition({ conditions, starts }: ShadowIndex, condition: string): void {
  conditions.add(condition)
  const [, family, start] = /^(\w+:prefix:|\w+:range:\d+:)(.*)$/.exec(condition) ?? []
  if (family === undefined || start === undefined) return
  const lengths = starts.get(family) ?? new Set()
  starts.set(family, lengths.add(start.length))
}

function findEarlier(index: ShadowIndex, rule: RuleEntry): RuleEntry | undefined {
  const known = (condition: string) => index.conditions.has(condition)
  const trunks = ['*', ...rule.trunks.slice(0, 1)]
  const called = impliedConditions(index, 'called', rule.called[0]).filter(known)
  const calling = impliedConditions(index, 'calling', rule.calling[0]).filter(known)
  const implied = new Set(rule.headers.flatMap(impliedKeys))
  const headers = ['header', ...[...implied].map((key) => `header:${key}`)].filter(known)
  let earliest: Placed | undefined
  for (const key of keysOf([trunks, called, calling, headers])) {
    const found = index.byKey.get(key)?.find((placed) => takesAll(placed.rule, rule, implied))
    if (found && found.position < (earliest?.position ?? Number.POSITIVE_INFINITY)) earliest = found
  }
  return earliest?.rule
}

function takesAll(outer: RuleEntry, inner: RuleEntry, implied: ReadonlySet<string>): boolean {
  const trunks =
    outer.trunks.length === 0 || (inner.trunks.length > 0 && inner.trunks.every((name) => outer.trunks.includes(name)))
  return (
    trunks &&
    outer.headers.every((header) => implied.has(headerKey(header))) &&
    listCovers(outer.called, inner.called) &&
    listCovers(outer.calling, inner.calling)
  )
}

/** Every way to take one of each list. */
function keysOf(lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>((keys, list) => keys.flatMap((key) => list.map((part) => `${key}\n${part}`)), [''])
}

type Dimension = 'called' | 'calling'

/** Under which conditions a rule stands in the index: any of them may be the one that covers a later rule's. */
function ownConditions(dimension: Dimension, predicates: readonly NumberPredicate[]): string[] {
  if (predicates.length === 0) return [dimension]
  return [...new Set(predicates.map((predicate) => `${dimension}:${indexKey(predicate)}`))]
}

/** A range stands under what its bounds have in common, so that a number finds it without knowing them. */
function indexKey(predicate: NumberPredicate): string {
  if (predicate.type !== 'range') return predicateKey(predicate)
  return `range:${predicate.from.length}:${commonStart(predicate.from, predicate.to)}`
}

/** Conditions that hold for every number of a predicate, as far as the index can hold them. */
function impliedConditions(index: ShadowIndex, dimension: Dimension, predicate: NumberPredicate | undefined): string[] {
  if (!predicate) return [dimension]
  if (predicate.type === 'regex') return [dimension, `${dimension}:${predicateKey(predicate)}`]
  const start = predicate.type === 'range' ? commonStart(predicate.from, predicate.to) : predicate.value
  const prefixes = startingWith(index, `${dimension}:prefix:`, start)
  if (predicate.type === 'prefix') return [dimension, ...prefixes]
  const { length } = predicate.type === 'exact' ? predicate.value : predicate.from
  const ranges = startingWith(index, `${dimension}:range:${length}:`, start)
  const own = predicate.type === 'exact' ? [`${dimension}:${predicateKey(predicate)}`] : []
  return [dimension, ...own, ...prefixes, ...ranges]
}

/** Conditions of a family that may be in the index: whatever `text` begins with, in the lengths that occur there. */
function startingWith({ starts }: ShadowIndex, family: string, text: string): string[] {
  const lengths = starts.get(family)
  if (!lengths) return []
  return [...lengths].filter((length) => length <= text.length).map((length) => family + text.slice(0, length))
}

function commonStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}
