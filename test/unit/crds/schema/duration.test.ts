import { describe, expect, it } from '@jest/globals'
import { durationBetween, durationMilliseconds } from '../../../../crds/schema/duration.ts'

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1s1ms', 1001],
    ['0s', 0],
  ])('of %s is %d milliseconds', (text, milliseconds) => {
    expect(durationMilliseconds(text)).toBe(milliseconds)
  })

  it.each(['1s', '10s', '2s500ms', '9999ms'])('of %s lies between 1s and 10s', (text) => {
    expect(durationBetween('1s', '10s').safeParse(text).success).toBe(true)
  })

  it.each(['', '1', 's', '-1s', '1.5s', '1d', '999ms', '10s1ms', '1 s', '1s '])('of %j does not', (text) => {
    expect(durationBetween('1s', '10s').safeParse(text).success).toBe(false)
  })
})
