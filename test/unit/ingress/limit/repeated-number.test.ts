import { describe, expect, it } from '@jest/globals'
import { REPEAT_CALLS, REPEAT_WINDOW_MS } from '../../../../ingress/limit/limits.ts'
import { createRepeatedNumbers } from '../../../../ingress/limit/repeated-number.ts'

describe('a number that is called very often', () => {
  it('is told once in each window, with the first call too many', () => {
    const numbers = createRepeatedNumbers()
    const told = (calls: number, now: number) =>
      Array.from({ length: calls }, (_, at) => (numbers.isTooOften(77, now) ? at + 1 : 0)).filter((at) => at > 0)
    expect(told(REPEAT_CALLS, 0)).toEqual([])
    expect(told(500, 1)).toEqual([1])
    expect(told(500, REPEAT_WINDOW_MS)).toEqual([REPEAT_CALLS + 1])
  })

  it('is told when it has been called far more often than can be counted', () => {
    const numbers = createRepeatedNumbers()
    let told = 0
    for (let i = 0; i < 70_000; i++) if (numbers.isTooOften(1, 0)) told++
    expect(told).toBe(1)
  })

  it('is found among a minute of a thousand other calls per second, and no other number is', () => {
    const numbers = createRepeatedNumbers()
    let key = 12_345
    const told: number[] = []
    for (let i = 0; i < 60_000; i++) {
      key = (key * 48_271) % 2_147_483_647
      const spread = key * 2_097_152 + i
      if (numbers.isTooOften(spread, 0)) told.push(spread)
      if (i % 300 === 0 && numbers.isTooOften(99, 0)) told.push(99)
    }
    expect(told).toEqual([99])
  })
})
