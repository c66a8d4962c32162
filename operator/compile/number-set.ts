import type { NumberPredicate } from '../../ingress/route-table/route-table.ts'
import { covers } from './number-predicate.ts'

/**
 * The numbers of a trunk, arranged so that two sets can be compared quickly. The time grows with the size of the sets, and not
 * with its square.
 */
export interface NumberSet {
  /** True if the trunk has no list of numbers. The set then contains every number. */
  readonly every: boolean
  readonly exact: ReadonlySet<string>
  readonly prefixes: ReadonlySet<string>
  readonly prefixLengths: readonly number[]
  readonly ranges: readonly Extract<NumberPredicate, { type: 'range' }>[]
  readonly patterns: ReadonlySet<string>
}

/** Makes the set of all numbers that match a list of predicates. An empty list stands for all numbers. */
export function numberSet(predicates: readonly NumberPredicate[]): NumberSet {
  const exact = new Set<string>()
  const prefixes = new Set<string>()
  const ranges: NumberSet['ranges'][number][] = []
  const patterns = new Set<string>()
  for (const predicate of predicates) {
    switch (predicate.type) {
      case 'exact':
        exact.add(predicate.value)
        break
      case 'prefix':
        prefixes.add(predicate.value)
        break
      case 'range':
        ranges.push(predicate)
        break
      case 'regex':
        patterns.add(predicate.pattern)
    }
  }
  const prefixLengths = [...new Set([...prefixes].map((prefix) => prefix.length))]
  return { every: predicates.length === 0, exact, prefixes, prefixLengths, ranges, patterns }
}

/**
 * Whether the two sets have a number in common. Regular expressions are seen as an overlap only if both sets have the same
 * expression. Other overlaps of regular expressions are uncertain, so they are ignored.
 */
export function overlap(a: NumberSet, b: NumberSet): boolean {
  if (a.every || b.every) return true
  return (
    reaches(a, b) || reaches(b, a) || rangesMeet(a, b) || rangesMeet(b, a) || !a.patterns.isDisjointFrom(b.patterns)
  )
}

/**
 * Whether `outer` contains a number of `inner`. This is also so if a number or prefix of `inner` begins with a prefix of
 * `outer`.
 */
function reaches(inner: NumberSet, outer: NumberSet): boolean {
  for (const text of inner.exact) {
    if (outer.exact.has(text) || beginsIn(text, outer)) return true
  }
  for (const text of inner.prefixes) {
    if (beginsIn(text, outer)) return true
  }
  return false
}

function beginsIn(text: string, set: NumberSet): boolean {
  return set.prefixLengths.some((length) => set.prefixes.has(text.slice(0, length)))
}

function rangesMeet(a: NumberSet, b: NumberSet): boolean {
  return a.ranges.some((range) => {
    for (const value of b.exact) {
      if (covers(range, { type: 'exact', value })) return true
    }
    for (const prefix of b.prefixes) {
      if (prefixMeets(prefix, range)) return true
    }
    return b.ranges.some(
      (other) => other.from.length === range.from.length && other.from <= range.to && range.from <= other.to,
    )
  })
}

/**
 * Whether some number of the range begins with the prefix. The numbers with this prefix that are as long as the bounds form a
 * range too, so two ranges are compared.
 */
function prefixMeets(prefix: string, range: NumberSet['ranges'][number]): boolean {
  const { length } = range.from
  if (prefix.length > length || !/^\+?[0-9]*$/.test(prefix)) return false
  return prefix.padEnd(length, '0') <= range.to && range.from <= prefix.padEnd(length, '9')
}
