import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isUsable, refreshAfter, retryAfter } from '../../../../ingress/resolve/refresh-time.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the time of the next question', () => {
  it.each([
    [60, 0, 42_000],
    [60, 0.5, 48_000],
    [0, 0, 3_500],
    [1, 0.999, 4_499],
    [4_294_967_295, 0, 0.7 * HOUR],
    [604_800, 0.5, 0.8 * HOUR],
  ])('after an answer with a TTL of %s s and chance %s is in %s ms', (ttl, fraction, expected) => {
    expect(refreshAfter(ttl, fraction)).toBeCloseTo(expected, 0)
  })

  it('is always before the end of the answer', () => {
    const ttl = fc.integer({ min: 5, max: 3600 })
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(fc.property(ttl, chance, (seconds, fraction) => refreshAfter(seconds, fraction) < seconds * 1000))
  })

  it.each([
    [1, 0, 1_000],
    [2, 0, 2_000],
    [3, 0.5, 3_000],
    [5, 0, 16_000],
    [6, 0, 30_000],
    [1_000_000, 0, 30_000],
    [1_000_000, 0.999, 15_015],
  ])('after %s failures with chance %s is in %s ms', (failures, fraction, expected) => {
    expect(retryAfter(failures, fraction)).toBeCloseTo(expected, 0)
  })
})

describe('an old answer', () => {
  it.each([
    ['while DNS fails', 23 * HOUR, undefined, true],
    ['not after a day of failing', 24 * HOUR, undefined, false],
    ['for some minutes after the name was denied', 4 * MINUTE, 4 * MINUTE, true],
    ['not longer', 5 * MINUTE, 5 * MINUTE, false],
    ['by the time of the denial, not of the failures before it', 10 * HOUR, MINUTE, true],
  ])('is used %s', (_, staleMs, deniedMs, expected) => {
    expect(isUsable({ staleMs, deniedMs })).toBe(expected)
  })
})
