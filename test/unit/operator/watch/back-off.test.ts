import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { backOff, randomBetween } from '../../../../operator/watch/back-off.ts'

const BOUNDS = { least: 800, most: 30_000 }

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('a back-off', () => {
  it('is never shorter than the least, nor longer than the most or three times the previous one', () => {
    fc.assert(
      fc.property(fc.nat(60_000), random, (previous, part) => {
        const delay = backOff(previous, BOUNDS, () => part)
        expect(delay).toBeGreaterThanOrEqual(BOUNDS.least)
        expect(delay).toBeLessThanOrEqual(Math.min(BOUNDS.most, Math.max(BOUNDS.least, previous * 3)))
      }),
    )
  })

  it('begins with the least, and spreads those that come after', () => {
    expect(backOff(0, BOUNDS, () => 0.9)).toBe(800)
    expect([0, 0.5].map((part) => backOff(1_000, BOUNDS, () => part))).toEqual([800, 1_900])
  })

  it('lies between both bounds', () => {
    expect([0, 0.5].map((part) => randomBetween({ least: 300, most: 600 }, () => part))).toEqual([300, 450])
  })
})
