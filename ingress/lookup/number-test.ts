import { inRange } from '../route-table/number-range.ts'
import type { NumberPredicate } from '../route-table/route-table.ts'
import { Candidates } from './candidates.ts'
import { MAX_WALKED_PREDICATES } from './limits.ts'
import { isProven, NumberIndex } from './number-index.ts'
import type { Patterns } from './patterns.ts'

/** Tests whether at least one predicate of a list holds for a number. */
export type NumberTest = (number: string) => boolean

/** The regular expressions of a list of predicates. */
export function numberPatterns(predicates: readonly NumberPredicate[]): string[] {
  return predicates.flatMap((predicate) => (predicate.type === 'regex' ? [predicate.pattern] : []))
}

/** Compiles a list of predicates. An empty list holds for no number. The caller must have acquired the patterns of the list. */
export function numberTest(predicates: readonly NumberPredicate[], patterns: Patterns): NumberTest {
  if (predicates.length > MAX_WALKED_PREDICATES) return hashedTest(predicates, patterns)
  const tests = predicates.map((predicate) => singleTest(predicate, patterns))
  const [first] = tests
  if (first !== undefined && tests.length === 1) return first
  return (number) => {
    for (const test of tests) {
      if (test(number)) return true
    }
    return false
  }
}

/** The test of those predicates that must be tested although an index found them. Undefined if there are none. */
export function unprovenTest(predicates: readonly NumberPredicate[], patterns: Patterns): NumberTest | undefined {
  const unproven = predicates.filter((predicate) => !isProven(predicate))
  return unproven.length === 0 ? undefined : numberTest(unproven, patterns)
}

function singleTest(predicate: NumberPredicate, patterns: Patterns): NumberTest {
  switch (predicate.type) {
    case 'exact':
      return (number) => number === predicate.value
    case 'prefix':
      return (number) => number.startsWith(predicate.value)
    case 'range':
      return (number) => inRange(number, predicate.from, predicate.to)
    case 'regex': {
      const expression = patterns.expression(predicate.pattern)
      return (number) => expression.test(number)
    }
  }
}

const probe = new Candidates<{ rank: number }>()

/** A test that uses an index with one item. The test is as fast for a list of 100,000 numbers as for a list of ten. */
function hashedTest(predicates: readonly NumberPredicate[], patterns: Patterns): NumberTest {
  const index = new NumberIndex<{ rank: number }>()
  index.add({ rank: 0 }, predicates)
  const unproven = predicates
    .filter((predicate) => !isProven(predicate))
    .map((predicate) => singleTest(predicate, patterns))
  return (number) => {
    probe.clear()
    index.collect(number, probe)
    let found = probe.next()
    while (found !== undefined && !probe.certain) found = probe.next()
    return found !== undefined || unproven.some((test) => test(number))
  }
}
