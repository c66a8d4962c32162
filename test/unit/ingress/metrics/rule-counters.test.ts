import { describe, expect, it } from '@jest/globals'
import { createRuleCounters } from '../../../../ingress/metrics/rule-counters.ts'

describe('the series of rules', () => {
  it('stand at 0 for every rule of the table while there is room for all', () => {
    const rules = createRuleCounters(2)
    rules.replace(new Set(['default/a', 'default/b']))
    expect([...rules.entries()]).toEqual([
      ['default/a', 0],
      ['default/b', 0],
      ['(other)', 0],
    ])
  })

  it('are taken first come where the table has more rules than series', () => {
    const rules = createRuleCounters(1)
    rules.replace(new Set(['default/a', 'default/b']))
    rules.count('default/b')
    rules.count('default/a')
    expect([...rules.entries()]).toEqual([
      ['default/b', 1],
      ['(other)', 1],
    ])
  })

  it('keep their counts over a table change, and make room when their rule goes', () => {
    const rules = createRuleCounters(1)
    rules.count('default/a')
    rules.replace(new Map([['default/a', 1]]))
    expect([...rules.entries()]).toEqual([
      ['default/a', 1],
      ['(other)', 0],
    ])
    rules.replace(new Set(['default/b']))
    expect([...rules.entries()]).toEqual([
      ['default/b', 0],
      ['(other)', 0],
    ])
  })

  it('are none of their own where the bound is 0', () => {
    const rules = createRuleCounters(0)
    rules.count('default/a')
    expect([...rules.entries()]).toEqual([['(other)', 1]])
  })
})
