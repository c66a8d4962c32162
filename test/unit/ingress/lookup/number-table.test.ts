import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { NumberTable } from '../../../../ingress/lookup/number-table.ts'
import { numberKey } from '../../../../ingress/route-table/number-key.ts'

const number = fc
  .tuple(fc.nat(999), fc.constantFrom(0, 7, 15))
  .map(([value, digits]) => `+${String(value).padStart(digits, '0')}`)

describe('a table of numbers', () => {
  it('holds what a map holds after any sequence of changes', () => {
    const step = fc.record({ number, value: fc.option(fc.nat(), { nil: undefined }) })
    const same = fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const table = new NumberTable<number>()
      const map = new Map<string, number>()
      for (const { number: text, value } of steps) {
        if (value === undefined) {
          table.delete(numberKey(text))
          map.delete(text)
        } else {
          table.set(numberKey(text), value)
          map.set(text, value)
        }
      }
      expect(steps.map((step) => table.get(numberKey(step.number)))).toEqual(steps.map((step) => map.get(step.number)))
    })
    fc.assert(same)
  })

  it('keeps 100,000 numbers in a row apart, and forgets half of them', () => {
    const table = new NumberTable<number>()
    const key = (i: number) => numberKey(`+1555${i}`)
    for (let i = 100_000; i < 200_000; i++) table.set(key(i), i)
    for (let i = 100_000; i < 200_000; i += 2) table.delete(key(i))
    const wrong: number[] = []
    for (let i = 100_000; i < 200_000; i++) if (table.get(key(i)) !== (i % 2 === 0 ? undefined : i)) wrong.push(i)
    expect(wrong).toEqual([])
  })
})
