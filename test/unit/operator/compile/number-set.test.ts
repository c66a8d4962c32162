import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { NumberPredicate } from '../../../../ingress/route-table/route-table.ts'
import { numberSet, overlap } from '../../../../operator/compile/number-set.ts'

const exact = (value: string): NumberPredicate => ({ type: 'exact', value })
const prefix = (value: string): NumberPredicate => ({ type: 'prefix', value })
const range = (from: string, to: string): NumberPredicate => ({ type: 'range', from, to })
const regex = (pattern: string): NumberPredicate => ({ type: 'regex', pattern })

const meet = (a: readonly NumberPredicate[], b: readonly NumberPredicate[]) => {
  const there = overlap(numberSet(a), numberSet(b))
  expect(overlap(numberSet(b), numberSet(a))).toBe(there)
  return there
}

describe('two sets of numbers overlap', () => {
  it.each<[string, NumberPredicate[], NumberPredicate[]]>([
    ['when one is every number', [], [exact('+1')]],
    ['in the same number', [exact('+1'), exact('+2')], [exact('+3'), exact('+2')]],
    ['in a number and its prefix', [prefix('+1')], [exact('+12')]],
    ['in a prefix and a longer one', [prefix('+1')], [prefix('+12')]],
    ['in a number and a range', [range('+10', '+19')], [exact('+15')]],
    ['in a range and a prefix around it', [range('+10', '+19')], [prefix('+1')]],
    ['in a range and a prefix inside it', [range('+100', '+199')], [prefix('+15')]],
    ['in a range and a prefix at its edge', [range('+155', '+260')], [prefix('+15')]],
    ['in two ranges that share one number', [range('+10', '+15')], [range('+15', '+19')]],
    ['in the same regular expression', [regex('^a')], [regex('^a')]],
  ])('%s', (_where, a, b) => {
    expect(meet(a, b)).toBe(true)
  })

  it.each<[string, NumberPredicate[], NumberPredicate[]]>([
    ['different numbers', [exact('+1')], [exact('+12')]],
    ['a prefix and a shorter number', [prefix('+12')], [exact('+1')]],
    ['prefixes side by side', [prefix('+12')], [prefix('+13')]],
    ['a range and a longer number', [range('+10', '+19')], [exact('+150')]],
    ['a range and a name of its length', [range('+10', '+19')], [exact('abc')]],
    ['a range and a prefix beyond it', [range('+10', '+14')], [prefix('+15')]],
    ['a range and a prefix longer than it', [range('+10', '+19')], [prefix('+155')]],
    ['ranges of different length', [range('+10', '+19')], [range('+100', '+199')]],
    ['ranges side by side', [range('+10', '+14')], [range('+15', '+19')]],
    ['regular expressions, of which nothing is sure,', [regex('^a')], [regex('a'), exact('a')]],
  ])('but %s do not', (_what, a, b) => {
    expect(meet(a, b)).toBe(false)
  })

  it('exactly when a number is in both', () => {
    const digits = (max: number) =>
      fc.string({ unit: fc.constantFrom('1', '2'), minLength: 1, maxLength: max }).map((text) => `+${text}`)
    const bounds = fc.tuple(digits(3), digits(3)).filter(([from, to]) => from.length === to.length && from <= to)
    const one = fc.oneof(
      digits(3).map(exact),
      digits(3).map(prefix),
      bounds.map(([from, to]) => range(from, to)),
    )
    const list = fc.array(one, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(meet(a, b)).toBe(NUMBERS.some((number) => holds(a, number) && holds(b, number)))
      }),
    )
  })
})

/** Every number of one to three of the digits 0, 1, 2 and 9: all that could tell the sets above apart. */
const NUMBERS = ['+', '0', '1', '2', '9'].flatMap((_, i) => (i === 0 ? [] : spell(Math.min(i, 3))))

function spell(length: number): string[] {
  if (length === 0) return ['+']
  return spell(length - 1).flatMap((text) => ['0', '1', '2', '9'].map((digit) => text + digit))
}

function holds(list: readonly NumberPredicate[], number: string): boolean {
  return list.some((one) => {
    if (one.type === 'exact') return one.value === number
    if (one.type === 'prefix') return number.startsWith(one.value)
    return one.type === 'range' && number.length === one.from.length && one.from <= number && number <= one.to
  })
}
