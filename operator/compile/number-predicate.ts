import type { NumberMatch } from '../../crds/schema/number-match.ts'
import { canonicalNumber } from '../../ingress/route-table/canonical-number.ts'
import type { NumberPredicate } from '../../ingress/route-table/route-table.ts'

/** A number condition as the table has it. The schema has made sure that exactly one field is set. */
export function numberPredicate(match: NumberMatch): NumberPredicate {
  if (match.exact !== undefined) return { type: 'exact', value: canonicalNumber(match.exact) }
  if (match.prefix !== undefined) return { type: 'prefix', value: canonicalNumber(match.prefix) }
  if (match.range) {
    return { type: 'range', from: canonicalNumber(match.range.from), to: canonicalNumber(match.range.to) }
  }
  if (match.regex !== undefined) return { type: 'regex', pattern: match.regex }
  throw new TypeError('a number condition without a field: read it by its schema first')
}

/** The text of a predicate: equal for equal predicates. */
export function predicateKey(predicate: NumberPredicate): string {
  if (predicate.type === 'range') return `range:${predicate.from}:${predicate.to}`
  return `${predicate.type}:${predicate.type === 'regex' ? predicate.pattern : predicate.value}`
}

/** Whether every number of `inner` is a number of `outer`. False where that is not certain. */
export function covers(outer: NumberPredicate, inner: NumberPredicate): boolean {
  if (outer.type === 'prefix') return beginsWith(inner, outer.value)
  if (outer.type === 'range') return rangeCovers(outer, inner)
  return predicateKey(outer) === predicateKey(inner)
}

function beginsWith(inner: NumberPredicate, prefix: string): boolean {
  if (inner.type === 'regex') return false
  // Between two equally long numbers that begin alike every number begins so.
  if (inner.type === 'range') return inner.from.startsWith(prefix) && inner.to.startsWith(prefix)
  return inner.value.startsWith(prefix)
}

type Range = Extract<NumberPredicate, { type: 'range' }>

function rangeCovers(outer: Range, inner: NumberPredicate): boolean {
  if (inner.type === 'range') return holds(outer, inner.from) && holds(outer, inner.to)
  return inner.type === 'exact' && CANONICAL.test(inner.value) && holds(outer, inner.value)
}

const CANONICAL = /^\+[0-9]+$/

function holds(range: Range, number: string): boolean {
  return number.length === range.from.length && range.from <= number && number <= range.to
}

/** Whether every number of one list is a number of the other, where an empty list is every number. */
export function listCovers(outer: readonly NumberPredicate[], inner: readonly NumberPredicate[]): boolean {
  if (outer.length === 0) return true
  return inner.length > 0 && inner.every((predicate) => outer.some((wider) => covers(wider, predicate)))
}
