import { expect, it } from '@jest/globals'
import { PEAK_MS } from '../../../../ingress/limit/limits.ts'
import { countCall, createRateMeter, peakOf } from '../../../../ingress/limit/rate-meter.ts'

it('remembers the busiest second for at least the time of the peak, and for no more than twice as long', () => {
  const meter = createRateMeter(0)
  for (const now of [0, 10, 20, 1500, 1600]) countCall(meter, now)
  expect([peakOf(meter, 1700), peakOf(meter, PEAK_MS), peakOf(meter, 2 * PEAK_MS - 1)]).toEqual([3, 3, 3])
  expect(peakOf(meter, 2 * PEAK_MS)).toBe(0)
})

it('forgets everything over a long silence', () => {
  const meter = createRateMeter(0)
  countCall(meter, 0)
  expect(peakOf(meter, 10 * PEAK_MS)).toBe(0)
})
