import type { NumberMatch } from '../../crds/schema/number-match.ts'
import { canonicalNumber } from '../../ingress/route-table/canonical-number.ts'
import { isDigits } from '../../ingress/route-table/number-key.ts'
import type { NumberPredicate } from '../../ingress/route-table/route-table.ts'

/** Number conditions as the table has them. The schema has made sure that each has exactly one field. */
export function numberPredicates(matches: readonly NumberMatch[]): NumberPredicate[] {
  return matches.flatMap(predicatesOf)
}

function predicatesOf({ exact, prefix, range, regex }: NumberMatch): NumberPredicate[] {
  if (exact !== undefined) return forms(canonicalNumber(exact)).map((value) => ({ type: 'exact', value }))
  if (prefix !== undefined) return forms(canonicalNumber(prefix)).map((value) => ({ type: 'prefix', value }))
  if (range) return rangePredicates(range)
  if (regex !== undefined) return [{ type: 'regex', pattern: regex }]
  throw new TypeError('a number condition without a field: read it by its schema first')
}

/**
 * A rule knows no region: digits without `+` stand for the international number and for what is dialled just so. No
 * country code begins with 0.
 */
function forms(canonical: string): string[] {
  const isEither = isDigits(canonical) && !canonical.startsWith('+') && !canonical.startsWith('0')
  return isEither ? [`+${canonical}`, canonical] : [canonical]
}

/** The bounds are written in one form; where only one of them would become international, as from 0000 to 0099, neither is. */
function rangePredicates(range: { readonly from: string; readonly to: string }): NumberPredicate[] {
  const [from, to] = [canonicalNumber(range.from), canonicalNumber(range.to)]
  if (from.length !== to.length) return [{ type: 'range', from: range.from, to: range.to }]
  const asWritten = { type: 'range', from, to } as const
  if (from.startsWith('+') || to.startsWith('0')) return [asWritten]
  return [{ type: 'range', from: `+${from}`, to: `+${to}` }, asWritten]
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
  return inner.type === 'exact' && isDigits(inner.value) && holds(outer, inner.value)
}

function holds(range: Range, number: string): boolean {
  return number.length === range.from.length && range.from <= number && number <= range.to
}

/** Whether every number of one list is a number of the other, where an empty list is every number. */
export function listCovers(outer: readonly NumberPredicate[], inner: readonly NumberPredicate[]): boolean {
  if (outer.length === 0) return true
  return inner.length > 0 && inner.every((predicate) => outer.some((wider) => covers(wider, predicate)))
}
