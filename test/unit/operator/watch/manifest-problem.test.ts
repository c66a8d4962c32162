import { describe, expect, it } from '@jest/globals'
import { fieldText, formatProblem } from '../../../../operator/watch/manifest-problem.ts'

describe('a problem as text', () => {
  const problem = { code: 'wrong_type', file: 'rules/a.yaml', line: 7, message: 'is a list' } as const

  it('names file, line, field, what is wrong and what would be right', () => {
    const whole = { ...problem, field: 'spec.action', expected: 'map' }
    expect(formatProblem(whole)).toBe('rules/a.yaml:7: spec.action: is a list (expected map)')
  })

  it('leaves out what it does not know', () => {
    expect(formatProblem(problem)).toBe('rules/a.yaml:7: is a list')
  })
})

describe('a field as text', () => {
  it.each([
    [['spec', 'sources', 0], 'spec.sources[0]'],
    [['items', 2, 'spec'], 'items[2].spec'],
    [['metadata', 'a b'], 'metadata["a b"]'],
    [[], ''],
  ])('of %j is %s', (path, text) => {
    expect(fieldText(path)).toBe(text)
  })
})
