import { describe, expect, it } from '@jest/globals'
import { keptUp, searchCapacity } from '../../../../bench/overload/capacity.ts'

describe('the search for the capacity', () => {
  it.each([
    ['at', 1000],
    ['below', 430],
    ['above', 1390],
    ['far above', 7300],
  ])('finds one that lies %s the rate at saturation', async (_, capacity) => {
    const found = await searchCapacity(1000, (rate) => Promise.resolve(rate <= capacity))
    expect(found).toBeLessThanOrEqual(capacity)
    expect(found).toBeGreaterThan(capacity * 0.9)
  })

  it('tells where a server keeps up with nothing', async () => {
    await expect(searchCapacity(1000, () => Promise.resolve(false))).rejects.toThrow('does not keep up')
  })
})

describe('a server', () => {
  it('has kept up where 99 of 100 calls ended well in time', () => {
    expect([99, 98].map((wellInTime) => keptUp({ started: 100, wellInTime }))).toEqual([true, false])
    expect(keptUp({ started: 0, wellInTime: 0 })).toBe(false)
  })
})
