import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { literalPrefix } from '../../../../ingress/route-table/literal-prefix.ts'

describe('the literal prefix of a regular expression', () => {
  it.each([
    ['^\\+1555.*', '+1555'],
    ['^\\+1555[0-9]+$', '+1555'],
    ['^\\+15?', '+1'],
    ['^\\+15{0,2}', '+1'],
    ['^\\+15+', '+15'],
    ['^sales-', 'sales-'],
    ['^\\d', ''],
    ['^a😀?', 'a'],
    ['\\+1555', ''],
    ['^1|2', ''],
    ['^(?i)a', ''],
    ['(?m)^a', ''],
    ['^', ''],
  ])('%s: %s', (pattern, prefix) => {
    expect(literalPrefix(pattern)).toBe(prefix)
  })

  it('stands at the start of everything that the expression finds', () => {
    const pieces = [
      '1',
      '2',
      '\\+',
      '\\d',
      '\\.',
      '.',
      '*',
      '+',
      '?',
      '{0}',
      '{1}',
      '|',
      '(',
      ')',
      '[12]',
      '^',
      '$',
      '(?i)',
      '\\Q',
      '\\b',
    ]
    const pattern = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => `^${parts.join('')}`)
    const number = fc.array(fc.constantFrom('1', '2', '+', '.'), { maxLength: 5 }).map((parts) => parts.join(''))
    const starts = fc.property(
      pattern.filter(compiles),
      fc.array(number, { minLength: 20, maxLength: 40 }),
      (text, numbers) => {
        const expression = RE2JS.compile(text)
        const prefix = literalPrefix(text)
        expect(numbers.filter((each) => expression.test(each) && !each.startsWith(prefix))).toEqual([])
      },
    )
    fc.assert(starts, { numRuns: 1000 })
  })
})

function compiles(pattern: string): boolean {
  try {
    return RE2JS.compile(pattern) !== undefined
  } catch (error) {
    return !(error instanceof Error)
  }
}
