import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { callShares, rateParts } from '../../../../ingress/limit/limit-share.ts'

const uses = fc.array(
  fc.record({ demand: fc.double({ min: 0, max: 500, noNaN: true }), active: fc.integer({ min: 0, max: 40 }) }),
  { minLength: 1, maxLength: 20 },
)

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

describe('a limit that pods share', () => {
  it('is divided completely, and every pod has a part of a rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), uses, (limit, all) => {
        const parts = rateParts(limit, all)
        expect(sumOf(parts)).toBeCloseTo(1, 9)
        for (const part of parts) expect(part).toBeGreaterThan(0)
      }),
    )
  })

  it('gives whole places for calls, never takes one from a pod that uses it, and no more than there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), uses, (limit, all) => {
        const shares = callShares(limit, all)
        const active = sumOf(all.map((use) => use.active))
        expect(sumOf(shares)).toBe(Math.max(limit, active))
        for (const [at, share] of shares.entries()) {
          expect(Number.isInteger(share)).toBe(true)
          expect(share).toBeGreaterThanOrEqual(all[at]?.active ?? 0)
        }
      }),
    )
  })

  it('lets a pod that has all calls use at least 95 percent of a rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 100 }), (limit, pods) => {
        const all = Array.from({ length: pods }, (_, at) => ({ demand: at === 1 ? limit * 3 : 0, active: 0 }))
        expect(rateParts(limit, all)[1]).toBeGreaterThanOrEqual(0.95)
      }),
    )
  })

  it('lets a pod that has all calls come to the last place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 10 }), (limit, pods) => {
        const all = Array.from({ length: pods }, (_, at) => ({ demand: at === 0 ? 5 : 0, active: 0 }))
        const busy = { demand: 5, active: 0 }
        for (let round = 0; round < 20; round++) {
          all[0] = busy
          busy.active = callShares(limit, all)[0] ?? 0
        }
        expect(busy.active).toBe(limit)
      }),
    )
  })
})
