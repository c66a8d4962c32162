import { describe, expect, it } from '@jest/globals'
import { createFastHistogram, cumulativeCounts, observe } from '../../../../ingress/metrics/fast-histogram.ts'

describe('a histogram', () => {
  it('counts a value in every bucket whose bound is not below it', () => {
    const histogram = createFastHistogram([1, 2, 5])
    for (const value of [0, 1, 1.5, 5, 7]) observe(histogram, value)
    expect(cumulativeCounts(histogram)).toEqual({ upTo: [2, 3, 4], all: 5 })
    expect(histogram.sum).toBe(14.5)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('leaves out %p, which would spoil the sum for ever', (value) => {
    const histogram = createFastHistogram([1])
    observe(histogram, value)
    expect(cumulativeCounts(histogram).all).toBe(0)
    expect(histogram.sum).toBe(0)
  })
})
