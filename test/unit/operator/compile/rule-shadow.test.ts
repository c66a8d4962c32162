import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { HeaderPredicate, NumberPredicate, RuleEntry } from '../../../../ingress/route-table/route-table.ts'
import { compareRules } from '../../../../ingress/route-table/rule-order.ts'
import { shadowingRules } from '../../../../operator/compile/rule-shadow.ts'
import { naiveHolds } from '../../../support/naive-schedule.ts'
import { scheduleEntry, windowsOf } from '../../../support/schedule-entry.ts'

const TRUNKS = ['default/a', 'default/b']

const digits = fc.string({ unit: fc.constantFrom('1', '2'), minLength: 1, maxLength: 3 }).map((text) => `+${text}`)
const exact = digits.map<NumberPredicate>((value) => ({ type: 'exact', value }))
const prefix = digits.map<NumberPredicate>((value) => ({ type: 'prefix', value }))
const range = fc
  .tuple(digits, digits)
  .filter(([from, to]) => from.length === to.length && from <= to)
  .map<NumberPredicate>(([from, to]) => ({ type: 'range', from, to }))
const numbers = fc.array(fc.oneof(exact, prefix, range), { maxLength: 3 })

const header = fc.constantFrom<HeaderPredicate>(
  { type: 'exact', name: 'x-a', value: 'bl' },
  { type: 'prefix', name: 'x-a', value: 'b' },
  { type: 'prefix', name: 'x-a', value: 'bl' },
  { type: 'present', name: 'x-a', present: true },
  { type: 'present', name: 'x-a', present: false },
  { type: 'exact', name: 'x-b', value: 'c' },
)

/** Two schedules that hold at some times together. */
const BY_DAY = scheduleEntry({ windows: windowsOf('Mon 08:00-18:00') })
const AT_NIGHT = scheduleEntry({ windows: windowsOf('Mon 17:00-30:00') })
const TIMES = ['2026-11-30T12:00+01:00', '2026-11-30T17:30+01:00', '2026-11-30T23:00+01:00', '2026-11-29T12:00+01:00']

const rule = fc.record({
  priority: fc.integer({ min: 0, max: 2 }),
  trunks: fc.subarray(TRUNKS),
  called: numbers,
  calling: fc.oneof(fc.constant([]), numbers),
  headers: fc.oneof(fc.constant([]), fc.uniqueArray(header, { maxLength: 2 })),
  schedule: fc.constantFrom([], [], [BY_DAY], [AT_NIGHT]),
})

function entries(parts: readonly Partial<RuleEntry>[]): RuleEntry[] {
  const whole = parts.map((part, i) => ({
    kind: 'rule' as const,
    name: `default/r${i}`,
    namespace: 'default',
    createdAt: i,
    priority: 0,
    trunks: [],
    called: [],
    calling: [],
    headers: [],
    schedule: [],
    action: { type: 'Reject' as const, status: 404, reason: 'Not Found' },
    ...part,
  }))
  return whole.toSorted(compareRules)
}

/** Every number of up to four digits of which the rules speak, one without and one that is a name. */
const NUMBERS = ['', 'alice', ...spell(4)]

function spell(length: number): string[] {
  if (length === 0) return ['+']
  const shorter = spell(length - 1)
  return [...shorter, ...shorter.filter((text) => text.length === length).flatMap((text) => [`${text}1`, `${text}2`])]
}

interface Call {
  trunk: string
  called: string
  calling: string
  headers: Record<string, string[]>
  time: string
}

function takes(rule: RuleEntry, call: Call): boolean {
  const numberHolds = (list: readonly NumberPredicate[], number: string) =>
    list.length === 0 ||
    list.some((one) => {
      if (one.type === 'exact') return one.value === number
      if (one.type === 'prefix') return number.startsWith(one.value)
      return one.type === 'range' && number.length === one.from.length && one.from <= number && number <= one.to
    })
  const headerHolds = (one: HeaderPredicate) => {
    const values = call.headers[one.name] ?? []
    if (one.type === 'present') return values.length > 0 === one.present
    if (one.type === 'exact') return values.includes(one.value)
    return one.type === 'prefix' && values.some((value) => value.startsWith(one.value))
  }
  return (
    (rule.trunks.length === 0 || rule.trunks.includes(call.trunk)) &&
    numberHolds(rule.called, call.called) &&
    numberHolds(rule.calling, call.calling) &&
    rule.headers.every(headerHolds) &&
    rule.schedule.every((schedule) => naiveHolds(schedule, Date.parse(call.time)))
  )
}

const call = fc.record({
  trunk: fc.constantFrom(...TRUNKS),
  called: fc.constantFrom(...NUMBERS),
  calling: fc.constantFrom(...NUMBERS),
  headers: fc.constantFrom<Record<string, string[]>>(
    {},
    { 'x-a': ['bl'] },
    { 'x-a': ['b'] },
    { 'x-a': ['z', 'blue'] },
    { 'x-a': ['bl'], 'x-b': ['c'] },
    { 'x-b': ['c'] },
  ),
  time: fc.constantFrom(...TIMES),
})

describe('rules that can never be reached', () => {
  it('are only those whose every call an earlier rule takes', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.array(call, { minLength: 30, maxLength: 60 }),
        (parts, calls) => {
          const rules = entries(parts)
          const byName = new Map(rules.map((one) => [one.name, one]))
          for (const [name, by] of shadowingRules(rules).byRule) {
            const [inner, outer] = [byName.get(name), byName.get(by)]
            if (!inner || !outer) throw new Error('a rule that is not in the input')
            expect(rules.indexOf(outer)).toBeLessThan(rules.indexOf(inner))
            for (const one of calls) expect(takes(inner, one) && !takes(outer, one)).toBe(false)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('are found wherever an earlier rule has the same or fewer conditions', () => {
    fc.assert(
      fc.property(
        rule,
        fc.array(rule, { maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (inner, others, anyTrunk, anyTime) => {
          const outer = {
            ...inner,
            priority: 9,
            headers: inner.headers.slice(0, 1),
            schedule: anyTime ? [] : inner.schedule,
            trunks: anyTrunk ? [] : inner.trunks,
          }
          const shadows = shadowingRules(entries([inner, outer, ...others])).byRule
          expect(shadows.has('default/r0')).toBe(true)
        },
      ),
    )
  })

  it('stay unnamed in another namespace', () => {
    const rules = entries([{ priority: 1 }, { namespace: 'other', name: 'other/r' }])
    expect([...shadowingRules(rules).byRule]).toEqual([])
  })

  it('stay unnamed where only two rules together take their calls', () => {
    const both: NumberPredicate[] = [
      { type: 'prefix', value: '+1' },
      { type: 'prefix', value: '+2' },
    ]
    const [one = both[0], two = both[1]] = both
    const rules = entries([
      { priority: 1, called: one ? [one] : [] },
      { priority: 1, called: two ? [two] : [] },
      { called: both },
    ])
    expect([...shadowingRules(rules).byRule]).toEqual([])
  })
})
