import { describe, expect, it } from '@jest/globals'
import { systemRandom } from '../../../../ingress/time/random.ts'

/** Each character is one of 64, the last one of 16: with so many tokens, each of them appears at each place. */
const TOKENS = 10_000

describe("the system's random numbers", () => {
  it('make tokens of 64 bits, each at another place of the token', () => {
    const random = systemRandom()
    const tokens = Array.from({ length: TOKENS }, () => random.token())
    for (const token of tokens) expect(token).toMatch(/^[\w-]{11}$/)
    expect(new Set(tokens).size).toBe(TOKENS)
    const seen = Array.from({ length: 11 }, (_, at) => new Set(tokens.map((token) => token[at])).size)
    expect(seen).toEqual([...Array.from({ length: 10 }, () => 64), 16])
  })

  it('make fractions in [0, 1), over all of it', () => {
    const random = systemRandom()
    const fractions = Array.from({ length: TOKENS }, () => random.fraction())
    expect(fractions.every((one) => one >= 0 && one < 1)).toBe(true)
    expect(new Set(fractions.map((one) => Math.floor(one * 16))).size).toBe(16)
  })
})
