import { describe, expect, it } from '@jest/globals'
import { createTokenBucket } from '../../../../operator/kubernetes-writes/token-bucket.ts'

function bucket(ratePerSecond: number, burst: number) {
  const time = { now: 0 }
  return { time, bucket: createTokenBucket({ ratePerSecond, burst }, () => time.now) }
}

describe('a token bucket', () => {
  it('gives its burst at once and then nothing', () => {
    const { bucket: tokens } = bucket(1, 3)
    expect([tokens.take(), tokens.take(), tokens.take(), tokens.take()]).toEqual([true, true, true, false])
  })

  it('has a token again after the delay that it names, and not before', () => {
    const { bucket: tokens, time } = bucket(3, 1)
    tokens.take()
    const delay = tokens.delay()
    expect(delay).toBe(334)
    time.now = delay - 2
    expect(tokens.take()).toBe(false)
    time.now = delay
    expect(tokens.delay()).toBe(0)
    expect(tokens.take()).toBe(true)
  })

  it('puts those who reserve one behind the other', () => {
    const { bucket: tokens } = bucket(50, 2)
    expect([1, 2, 3, 4].map(() => tokens.reserve())).toEqual([0, 0, 20, 40])
  })

  it('never holds more than its burst', () => {
    const { bucket: tokens, time } = bucket(100, 2)
    time.now = 60_000
    expect(tokens.full()).toBe(true)
    expect([tokens.take(), tokens.take(), tokens.take()]).toEqual([true, true, false])
    expect(tokens.full()).toBe(false)
  })
})
