import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { numberKey } from '../../../../ingress/route-table/number-key.ts'
import { inRange, numberBlocks } from '../../../../ingress/route-table/number-range.ts'

const form = fc.constantFrom('+', '')
const pad = (value: number, plus = '+') => `${plus}${String(value).padStart(4, '0')}`
const value = fc.nat(9999)

/** How many of the blocks hold a number. */
function holding(from: string, to: string, number: string): number {
  const blocks = numberBlocks(from, to) ?? []
  const start = number.startsWith('+') ? 1 : 0
  const key = (digits: number) => numberKey(number.slice(0, digits + start)) || -1
  const length = number.length - start
  return blocks.filter((block) => block.length === length && key(block.prefixDigits) === block.prefix).length
}

describe('a range of numbers', () => {
  it('is the union of its blocks, none of which overlap', () => {
    const same = fc.property(value, value, value, fc.tuple(form, form), (from, to, number, [bounds, plus]) => {
      const expected = from <= number && number <= to && bounds === plus
      expect(holding(pad(from, bounds), pad(to, bounds), pad(number, plus))).toBe(expected ? 1 : 0)
      expect(inRange(pad(number, plus), pad(from, bounds), pad(to, bounds))).toBe(expected)
    })
    fc.assert(same, { numRuns: 2000 })
  })

  it('holds its bounds and nothing beside them', () => {
    const edges = [999, 1000, 5678, 5679].map((number) => holding(pad(1000), pad(5678), pad(number)))
    expect(edges).toEqual([0, 1, 1, 0])
  })

  it('is one block where it covers one, whatever the length', () => {
    expect(numberBlocks('+15550000', '+15559999')).toEqual([{ prefix: 11_555, prefixDigits: 4, length: 8 }])
    expect(numberBlocks('000', '999')).toEqual([{ prefix: -1, prefixDigits: 0, length: 3 }])
    expect(numberBlocks('+000000000000000', '+999999999999999')).toEqual([{ prefix: 1, prefixDigits: 0, length: 15 }])
  })

  it('has few blocks at worst', () => {
    expect(numberBlocks('+000000000000001', '+999999999999998')).toHaveLength(14 * 2 * 9 + 8)
  })

  it.each([
    ['+100', '2000'],
    ['+100', '200'],
    ['100', '+20'],
    ['+100', '+2000'],
    ['+1a0', '+200'],
    ['+1000000000000000', '+2000000000000000'],
  ])('has no blocks between %s and %s', (from, to) => {
    expect(numberBlocks(from, to)).toBeUndefined()
  })

  it.each(['+1500', '+15x', '+1 5', '150'])('does not hold %s between +100 and +199', (number) => {
    expect(inRange(number, '+100', '+199')).toBe(false)
  })
})
