/**
 * The texts under which rules are entered in the index of shadows. Suppose that rule A takes all calls of rule B. Then for each
 * condition, A has a predicate that follows from a predicate of B. So each rule is entered under its own predicates, and a later
 * rule looks for the predicates that follow from its own predicates.
 */
import type { MatchConditions, NumberPredicate } from '../../ingress/route-table/route-table.ts'
import { headerKey, impliedKeys } from './header-predicate.ts'
import { predicateKey } from './number-predicate.ts'

/** The texts in the index. */
export interface IndexTexts {
  /** All texts in the index. A text that is absent here is not looked up. */
  readonly known: Set<string>
  /** By family (the text before a prefix): the lengths of the number prefixes at the end of the texts. */
  readonly starts: Map<string, Set<number>>
}

/** A rule that may be shadowed, and the keys of all header predicates that follow from the header predicates of this rule. */
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

/**
 * The index texts for the numbers of a rule. Each predicate has its own text, because any predicate may cover the numbers of a
 * later rule.
 */
export function ownNumberTexts(condition: NumberCondition, rule: MatchConditions): string[] {
  const predicates = rule[condition]
  if (predicates.length === 0) return [condition]
  return [...new Set(predicates.map((predicate) => `${condition}:${indexKey(predicate)}`))]
}

/**
 * A range is entered under the common beginning of its bounds. In this way a number finds the range without knowing the bounds.
 */
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

/**
 * The texts of the predicates that hold for every number of the rule's first predicate. Texts that the index cannot have are left
 * out.
 */
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

/**
 * The index text for the headers of a rule. All of these headers must hold for a later rule, so the text of one header is enough.
 */
export function ownHeaderTexts({ headers: [header] }: MatchConditions): string[] {
  return [header ? `headers:${headerKey(header)}` : 'headers']
}

export function impliedHeaderTexts({ impliedHeaders }: AskedRule): string[] {
  return ['headers', ...Array.from(impliedHeaders, (key) => `headers:${key}`)]
}

/** The beginnings of `text`, each with `family` before it. Only the lengths that the index has for this family are used. */
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
