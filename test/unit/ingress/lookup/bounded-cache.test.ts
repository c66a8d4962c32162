import { describe, expect, it } from '@jest/globals'
import { createBoundedCache } from '../../../../ingress/lookup/bounded-cache.ts'

describe('a bounded cache', () => {
  it('keeps what is used and forgets what is not', () => {
    const cache = createBoundedCache<number, number>(8)
    for (let i = 0; i < 100; i++) {
      cache.set(i, i)
      expect(cache.get(0)).toBe(0)
    }
    const kept = Array.from({ length: 100 }, (_, i) => i).filter((i) => cache.get(i) !== undefined)
    expect(kept.length).toBeLessThanOrEqual(8)
    expect(kept).toContain(99)
    expect(kept).not.toContain(1)
  })

  it('forgets everything when it is cleared', () => {
    const cache = createBoundedCache<string, number>(4)
    for (const key of ['a', 'b', 'c']) cache.set(key, 1)
    cache.clear()
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([undefined, undefined, undefined])
  })
})
