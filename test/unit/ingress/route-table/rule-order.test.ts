import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { HeaderPredicate, NumberPredicate, RuleEntry } from '../../../../ingress/route-table/route-table.ts'
import { compareRules } from '../../../../ingress/route-table/rule-order.ts'
import { scheduleEntry } from '../../../support/schedule-entry.ts'

const base: RuleEntry = {
  kind: 'rule',
  name: 'default/m',
  namespace: 'default',
  createdAt: 1000,
  priority: 0,
  trunks: [],
  called: [],
  calling: [],
  headers: [],
  schedule: [],
  action: { type: 'Reject', status: 404, reason: 'Not Found' },
}

const header: HeaderPredicate = { type: 'present', name: 'x-a', present: true }
const exact: NumberPredicate = { type: 'exact', value: '+15551234567' }
const prefix = (value: string): NumberPredicate => ({ type: 'prefix', value })
const range: NumberPredicate = { type: 'range', from: '+15550000', to: '+15559999' }
const schedule = [scheduleEntry()]
const regex: NumberPredicate = { type: 'regex', pattern: '^\\+1' }

describe('the order of rules', () => {
  it.each<[string, Partial<RuleEntry>, Partial<RuleEntry>]>([
    ['a higher priority before a more specific rule', { priority: 1 }, { called: [exact] }],
    ['a schedule before none', { schedule }, {}],
    ['an older rule without a schedule behind a younger with one', { schedule, createdAt: 2000 }, { createdAt: 1 }],
    ['a header before a schedule', { headers: [header] }, { schedule }],
    ['a negative priority last', { priority: 0 }, { priority: -5 }],
    ['exact before prefix', { called: [exact] }, { called: [prefix('+155512345')] }],
    ['a longer prefix before a shorter one', { called: [prefix('+1555')] }, { called: [prefix('+155')] }],
    ['a prefix with + before the same without', { called: [prefix('+1555')] }, { called: [prefix('1555')] }],
    [
      'a longer prefix without + before a shorter with it',
      { called: [prefix('15551')] },
      { called: [prefix('+1555')] },
    ],
    ['the shortest prefix before a range', { called: [prefix('+')] }, { called: [range] }],
    ['a range before a regex', { called: [range] }, { called: [regex] }],
    ['a regex before any', { called: [regex] }, { called: [] }],
    ['called before calling', { called: [regex] }, { calling: [exact] }],
    ['calling in the same order', { calling: [exact] }, { calling: [prefix('+1')] }],
    ['a list by its widest predicate', { called: [prefix('+15')] }, { called: [exact, prefix('+1')] }],
    ['more headers before fewer', { headers: [{ type: 'present', name: 'x-a', present: true }] }, { createdAt: 1 }],
    ['the older before the younger', { createdAt: 999 }, { name: 'default/a' }],
    ['the name that sorts first at last', { name: 'default/a' }, { name: 'default/b' }],
  ])('puts %s', (_what, first, second) => {
    const [a, b] = [
      { ...base, ...first },
      { ...base, ...second },
    ]
    expect(compareRules(a, b)).toBeLessThan(0)
    expect(compareRules(b, a)).toBeGreaterThan(0)
    expect(compareRules(a, { ...a })).toBe(0)
  })

  it('is total: the order of any three rules does not depend on how they are compared', () => {
    const rule = fc.record({
      priority: fc.integer({ min: -1, max: 1 }),
      called: fc.subarray([exact, prefix('+1'), range, regex]),
      calling: fc.subarray([exact, regex]),
      createdAt: fc.integer({ min: 0, max: 1 }),
      name: fc.constantFrom('default/a', 'default/b', 'default/c'),
    })
    fc.assert(
      fc.property(fc.array(rule, { minLength: 3, maxLength: 8 }), (parts) => {
        const rules = parts.map((part) => ({ ...base, ...part }))
        const sorted = rules.toSorted(compareRules)
        expect(rules.toReversed().toSorted(compareRules).map(text)).toEqual(sorted.map(text))
        for (const [i, first] of sorted.entries()) {
          for (const later of sorted.slice(i)) expect(compareRules(first, later)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })
})

/** What the order can see of a rule: two rules that it holds for equal may change places. */
function text(rule: RuleEntry): string {
  const widest = (list: readonly NumberPredicate[]) =>
    list.map((one) => ['prefix', 'range', 'regex'].indexOf(one.type)).reduce((a, b) => Math.max(a, b), -2)
  const called = rule.called.length === 0 ? 'any' : widest(rule.called)
  const calling = rule.calling.length === 0 ? 'any' : widest(rule.calling)
  return JSON.stringify([rule.priority, called, calling, rule.createdAt, rule.name])
}
