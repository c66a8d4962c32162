/**
 * The texts under which the index of shadows stores rules. Suppose that rule A takes all calls of rule B. Then, for each
 * condition, A has a predicate that follows from a predicate of B. So the index stores each rule under its own predicates. To
 * find earlier rules, a rule looks up all predicates that follow from its own predicates.
 */
import type { MatchConditions, NumberPredicate } from '../../ingress/route-table/route-table.ts'
import { headerKey, impliedKeys } from './header-predicate.ts'
import { predicateKey } from './number-predicate.ts'
import { scheduleKey } from './schedule.ts'

/** The texts that the index has. */
export interface IndexTexts {
  /** All texts of the index. Only a text in this set is looked up. */
  readonly known: Set<string>
  /**
   * The key is a family: the part of a text before its number prefix. The value holds the lengths of the prefixes in this
   * family.
   */
  readonly starts: Map<string, Set<number>>
}

/** A rule that may be shadowed, and the keys of all header predicates that follow from the rule's own header predicates. */
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

/** The two lists of numbers that a rule has. */
type NumberCondition = 'called' | 'calling'

/**
 * The index texts for the numbers of a rule. Each predicate has a text of its own, because any of them may cover the numbers of
 * a later rule.
 */
export function ownNumberTexts(condition: NumberCondition, rule: MatchConditions): string[] {
  const predicates = rule[condition]
  if (predicates.length === 0) return [condition]
  return [...new Set(predicates.map((predicate) => `${condition}:${indexKey(predicate)}`))]
}

/**
 * The text of one predicate. The text of a range ends with the digits with which both bounds begin. Every number in the range
 * begins with these digits too. So the beginning of a number is enough to look up the ranges that may contain the number.
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
 * The texts of all predicates that hold for every number of the rule's first predicate. Texts that the index does not have are
 * left out.
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
 * The index text for the headers of a rule. If the rule shadows a later rule, all its headers also hold for the calls of the
 * later rule. So the text of one header is enough.
 */
export function ownHeaderTexts({ headers: [header] }: MatchConditions): string[] {
  return [header ? `headers:${headerKey(header)}` : 'headers']
}

export function impliedHeaderTexts({ impliedHeaders }: AskedRule): string[] {
  return ['headers', ...Array.from(impliedHeaders, (key) => `headers:${key}`)]
}

export function ownScheduleTexts({ schedule: [schedule] }: MatchConditions): string[] {
  return [schedule ? `schedule:${scheduleKey(schedule)}` : 'schedule']
}

/** A rule without a schedule, and a rule with an equal one, hold whenever the rule's own schedule holds. */
export function impliedScheduleTexts({ rule }: AskedRule): string[] {
  return [...new Set(['schedule', ...ownScheduleTexts(rule)])]
}

/** The beginnings of `text`, with `family` before each of them. Only lengths that the index has for this family are used. */
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
