import type { HeaderPredicate } from '../route-table/route-table.ts'
import type { Patterns } from './patterns.ts'

/** The test of a header condition. `name` is in lower case. `holds` tests the values of the header. */
export interface HeaderTest {
  readonly name: string
  readonly holds: (values: readonly string[]) => boolean
}

/** Compiles a header condition. The caller must have acquired the condition's pattern from `patterns`. */
export function headerTest(predicate: HeaderPredicate, patterns: Patterns): HeaderTest {
  return { name: predicate.name, holds: valuesTest(predicate, patterns) }
}

function valuesTest(predicate: HeaderPredicate, patterns: Patterns): HeaderTest['holds'] {
  switch (predicate.type) {
    case 'exact':
      return (values) => values.includes(predicate.value)
    case 'prefix':
      return (values) => values.some((value) => value.startsWith(predicate.value))
    case 'regex': {
      const expression = patterns.expression(predicate.pattern)
      return (values) => values.some((value) => expression.test(value))
    }
    case 'present':
      return (values) => values.length > 0 === predicate.present
  }
}
