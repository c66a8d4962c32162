/**
 * Under which texts rules stand in the index of shadows. A rule that takes all calls of another has, for each condition, a
 * predicate that follows from the other's: so a rule stands under its own predicates, and a later rule asks for those that
 * follow from its own.
 */
import type { MatchConditions, NumberPredicate } from '../../ingress/route-table/route-table.ts'
import { headerKey, impliedKeys } from './header-predicate.ts'
import { predicateKey } from './number-predicate.ts'

/** The texts in the index. */
export interface IndexTexts {
  /** Every one of them, so that no others are asked for. */
  readonly known: Set<string>
  /** Which lengths the starts of numbers in them have, by all of the text but its start. */
  readonly starts: Map<string, Set<number>>
}

/** A rule that may be shadowed, and the keys of all header predicates that follow from its own. */
export interface AskedRule {
  readonly rule: MatchConditions
  readonly impliedHeaders: ReadonlySet<string>
}

export function askedRule(rule: MatchConditions): AskedRule {
  return { rule, impliedHeaders: new Set(rule.headers.flatMap(impliedKeys)) }
}

export function addText({ known, starts }: IndexTexts, text: string): void {
  if (known.has(text)) return
  known.add(text)
  const [, family, start] = /^(\w+:prefix:|\w+:range:\d+:)(.*)$/.exec(text) ?? []
  if (family === undefined || start === undefined) return
  const lengths = starts.get(family) ?? new Set()
  starts.set(family, lengths.add(start.length))
}

/** The lists of numbers of a rule. */
type NumberCondition = 'called' | 'calling'

/** Where a rule stands by its numbers: any of them may be the one that covers a later rule's. */
export function ownNumberTexts(condition: NumberCondition, rule: MatchConditions): string[] {
  const predicates = rule[condition]
  if (predicates.length === 0) return [condition]
  return [...new Set(predicates.map((predicate) => `${condition}:${indexKey(predicate)}`))]
}

/** A range stands under what its bounds have in common, so that a number finds it without knowing them. */
function indexKey(predicate: NumberPredicate): string {
  switch (predicate.type) {
    case 'exact':
    case 'prefix':
    case 'regex':
      return predicateKey(predicate)
    case 'range':
      return `range:${predicate.from.length}:${commonStart(predicate.from, predicate.to)}`
  }
}

/** Texts of predicates that hold for every number of a rule's first one, as far as the index can hold them. */
export function impliedNumberTexts(condition: NumberCondition, rule: MatchConditions, texts: IndexTexts): string[] {
  const [predicate] = rule[condition]
  if (!predicate) return [condition]
  const prefixes = (start: string): string[] => startingWith(texts, `${condition}:prefix:`, start)
  const ranges = (length: number, start: string): string[] =>
    startingWith(texts, `${condition}:range:${length}:`, start)
  const own = `${condition}:${predicateKey(predicate)}`
  switch (predicate.type) {
    case 'exact': {
      const { value } = predicate
      return [condition, own, ...prefixes(value), ...ranges(value.length, value)]
    }
    case 'prefix':
      return [condition, ...prefixes(predicate.value)]
    case 'range': {
      const start = commonStart(predicate.from, predicate.to)
      return [condition, ...prefixes(start), ...ranges(predicate.from.length, start)]
    }
    case 'regex':
      return [condition, own]
  }
}

/** Where a rule stands by its headers: they must all hold for a later rule, so that one of them is enough. */
export function ownHeaderTexts({ headers: [header] }: MatchConditions): string[] {
  return [header ? `headers:${headerKey(header)}` : 'headers']
}

export function impliedHeaderTexts({ impliedHeaders }: AskedRule): string[] {
  return ['headers', ...Array.from(impliedHeaders, (key) => `headers:${key}`)]
}

/** Texts of a family that may be in the index: whatever `text` begins with, in the lengths that occur there. */
function startingWith({ starts }: IndexTexts, family: string, text: string): string[] {
  const lengths = starts.get(family)
  if (!lengths) return []
  return [...lengths].filter((length) => length <= text.length).map((length) => family + text.slice(0, length))
}

function commonStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}
