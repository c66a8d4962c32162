import { describe, expect, it } from '@jest/globals'
import { createPatterns } from '../../../../ingress/lookup/patterns.ts'

describe('patterns', () => {
  it('are compiled once for all that use them, and kept until the last has let go', () => {
    const patterns = createPatterns()
    patterns.acquire(['a', 'a'])
    patterns.acquire(['a'])
    const expression = patterns.expression('a')
    patterns.release(['a', 'a'])
    expect(patterns.expression('a')).toBe(expression)
    patterns.release(['a'])
    expect(patterns.expression('a')).not.toBe(expression)
  })

  it('are not counted at all where one of them does not compile', () => {
    const patterns = createPatterns()
    expect(() => patterns.acquire(['a', '('])).toThrow('no RE2 pattern: (')
    patterns.acquire(['a'])
    const expression = patterns.expression('a')
    patterns.release(['a'])
    expect(patterns.expression('a')).not.toBe(expression)
  })
})
