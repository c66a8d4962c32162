import type { NumberMatch } from '../../crds/schema/number-match.ts'
import { canonicalNumber } from '../../ingress/route-table/canonical-number.ts'
import { isDigits } from '../../ingress/route-table/number-key.ts'
import { inRange } from '../../ingress/route-table/number-range.ts'
import type { NumberPredicate } from '../../ingress/route-table/route-table.ts'
import { unreadField } from './unread-field.ts'

/**
 * Makes the form that number conditions have in the table. The schema has ensured that each condition has exactly one field.
 */
export function numberPredicates(matches: readonly NumberMatch[]): NumberPredicate[] {
  return matches.flatMap(predicatesOf)
}

function predicatesOf({ exact, prefix, range, regex, ...rest }: NumberMatch): NumberPredicate[] {
  if (exact !== undefined) return forms(canonicalNumber(exact)).map((value) => ({ type: 'exact', value }))
  if (prefix !== undefined) return forms(canonicalNumber(prefix)).map((value) => ({ type: 'prefix', value }))
  if (range) return rangePredicates(range)
  if (regex !== undefined) return [{ type: 'regex', pattern: regex }]
  throw unreadField('a number condition', rest)
}

/**
 * All forms in which a call may have the number. A rule has no region, so digits without `+` have two meanings: the
 * international number, and the digits exactly as written. If the first digit is 0, only the second meaning is possible,
 * because no country code begins with 0.
 */
function forms(canonical: string): string[] {
  const isEither = isDigits(canonical) && !canonical.startsWith('+') && !canonical.startsWith('0')
  return isEither ? [`+${canonical}`, canonical] : [canonical]
}

/**
 * Brings both bounds into the same form. If only one bound would become international, both stay unchanged. For example, in the
 * range from 0000 to 0099 only 0099 would become international (+99).
 */
function rangePredicates(range: { readonly from: string; readonly to: string }): NumberPredicate[] {
  const [from, to] = [canonicalNumber(range.from), canonicalNumber(range.to)]
  if (from.length !== to.length) return [{ type: 'range', from: range.from, to: range.to }]
  const asWritten = { type: 'range', from, to } as const
  if (from.startsWith('+') || to.startsWith('0')) return [asWritten]
  return [{ type: 'range', from: `+${from}`, to: `+${to}` }, asWritten]
}

/** A text for comparing predicates. Equal predicates have equal texts. */
export function predicateKey(predicate: NumberPredicate): string {
  const { type } = predicate
  switch (type) {
    case 'exact':
    case 'prefix':
      return `${type}:${predicate.value}`
    case 'range':
      return `${type}:${predicate.from}:${predicate.to}`
    case 'regex':
      return `${type}:${predicate.pattern}`
  }
}

/** Whether every number of `inner` is also a number of `outer`. False if this is not certain. */
export function covers(outer: NumberPredicate, inner: NumberPredicate): boolean {
  switch (outer.type) {
    case 'exact':
    case 'regex':
      return predicateKey(outer) === predicateKey(inner)
    case 'prefix':
      return beginsWith(inner, outer.value)
    case 'range':
      return rangeCovers(outer, inner)
  }
}

function beginsWith(inner: NumberPredicate, prefix: string): boolean {
  switch (inner.type) {
    case 'exact':
    case 'prefix':
      return inner.value.startsWith(prefix)
    case 'range':
      // If two numbers of the same length begin with the same prefix, every number between them begins with it too.
      return inner.from.startsWith(prefix) && inner.to.startsWith(prefix)
    case 'regex':
      return false
  }
}

type Range = Extract<NumberPredicate, { type: 'range' }>

function rangeCovers({ from, to }: Range, inner: NumberPredicate): boolean {
  switch (inner.type) {
    case 'exact':
      return inRange(inner.value, from, to)
    case 'range':
      return inRange(inner.from, from, to) && inRange(inner.to, from, to)
    case 'prefix':
    case 'regex':
      return false
  }
}

/** Whether every number of the list `inner` is also a number of the list `outer`. An empty list stands for all numbers. */
export function listCovers(outer: readonly NumberPredicate[], inner: readonly NumberPredicate[]): boolean {
  if (outer.length === 0) return true
  return inner.length > 0 && inner.every((predicate) => outer.some((wider) => covers(wider, predicate)))
}
