import { describe, expect, it } from '@jest/globals'
import { createTokenBucket, hasToken, takeToken } from '../../../../ingress/limit/token-bucket.ts'

/** How many calls pass at these moments, in milliseconds. */
function passing(rate: { callsPerSecond: number; burst: number }, moments: readonly number[]): boolean[] {
  const bucket = createTokenBucket(rate, 0)
  return moments.map((now) => {
    const passes = hasToken(bucket, rate, now)
    if (passes) takeToken(bucket)
    return passes
  })
}

describe('a token bucket', () => {
  it.each([
    ['lets the burst pass at once, and no more', { callsPerSecond: 1, burst: 3 }, [0, 0, 0, 0], 'yyyn'],
    ['gives a token after its time, and not before', { callsPerSecond: 2, burst: 2 }, [0, 0, 499, 500, 501], 'yynyn'],
    [
      'holds no more than the burst after a long time',
      { callsPerSecond: 10, burst: 10 },
      fill(11, 3_600_000),
      'yyyyyyyyyyn',
    ],
    ['gets nothing from a clock that goes back', { callsPerSecond: 1, burst: 1 }, [1000, 0, 999, 1000], 'ynny'],
  ])('%s', (_title, rate, moments, expected) => {
    expect(
      passing(rate, moments)
        .map((passes) => (passes ? 'y' : 'n'))
        .join(''),
    ).toBe(expected)
  })
})

function fill(count: number, moment: number): number[] {
  return new Array<number>(count).fill(moment)
}
