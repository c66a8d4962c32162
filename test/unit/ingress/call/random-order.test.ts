import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { drawn } from '../../../../ingress/call/random-order.ts'

describe('items in a random order', () => {
  it('are each there once, at most as many as asked for, and the list that was given stays as it is', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.nat(20), fc.array(chance, { minLength: 1 }), (items, most, chances) => {
        let draws = 0
        const before = [...items]
        const found = drawn(items, most, () => chances[draws++ % chances.length] ?? 0)
        expect(found).toHaveLength(Math.min(items.length, most))
        expect(new Set(found).size).toBe(found.length)
        expect(found.every((item) => before.includes(item))).toBe(true)
        expect(items).toEqual(before)
      }),
    )
  })
})
