import { expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { createTokenBucket, hasToken, takeToken } from '../../../../ingress/limit/token-bucket.ts'

const rate = fc
  .record({ callsPerSecond: fc.integer({ min: 1, max: 50 }), extra: fc.integer({ min: 0, max: 50 }) })
  .map(({ callsPerSecond, extra }) => ({ callsPerSecond, burst: callsPerSecond + extra }))

it('never lets more calls pass in any span of time than the rate times the time and the burst', () => {
  fc.assert(
    fc.property(rate, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (limit, gaps) => {
      const bucket = createTokenBucket(limit, 0)
      const passed: number[] = []
      let now = 0
      for (const gap of gaps) {
        now += gap
        if (!hasToken(bucket, limit, now)) continue
        takeToken(bucket)
        passed.push(now)
      }
      for (const [at, from] of passed.entries()) {
        for (const [more, to] of passed.slice(at).entries()) {
          expect(more + 1).toBeLessThanOrEqual(limit.burst + ((to - from) * limit.callsPerSecond) / 1000 + 1e-6)
        }
      }
    }),
    { numRuns: 50 },
  )
})
