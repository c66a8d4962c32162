import { describe, expect, it } from '@jest/globals'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import { matchRule, type RuleVerdict } from '../../../../ingress/lookup/match-rule.ts'
import type { NumberPredicate, RuleEntry } from '../../../../ingress/route-table/route-table.ts'
import { scheduleEntry } from '../../../support/schedule-entry.ts'
import { type CallSketch, callFacts, ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

const acme = trunkEntry('acme')
const CALLED = '+15551234567'

function verdict(
  rules: readonly RuleEntry[],
  sketch: CallSketch & { called?: string; calling?: string; at?: number } = {},
): RuleVerdict {
  const table = createLiveTable()
  table.load([acme, ...rules], 1)
  const { called = CALLED, calling = '+390212345678' } = sketch
  return matchRule(table, { trunk: acme, called, calling }, callFacts(sketch), sketch.at ?? 0)
}

function winner(rules: readonly RuleEntry[], sketch?: Parameters<typeof verdict>[1]): string | undefined {
  const found = verdict(rules, sketch)
  return found.type === 'rule' ? found.rule.name : undefined
}

const exact = (value: string): NumberPredicate => ({ type: 'exact', value })
const prefix = (value: string): NumberPredicate => ({ type: 'prefix', value })
const range = (from: string, to: string): NumberPredicate => ({ type: 'range', from, to })
const regex = (pattern: string): NumberPredicate => ({ type: 'regex', pattern })

describe('the rules of a trunk', () => {
  it.each<[string, Partial<RuleEntry>, boolean]>([
    ['a rule of its namespace that names it', { trunks: ['team/acme'] }, true],
    ['a rule of its namespace that names none', { trunks: [] }, true],
    ['a rule that names it and another', { trunks: ['team/other', 'team/acme', 'team/acme'] }, true],
    ['a rule that names another', { trunks: ['team/other'] }, false],
    ['a rule of another namespace that names none', { namespace: 'rival' }, false],
    ['a rule of another namespace that names it', { namespace: 'rival', trunks: ['team/acme'] }, false],
  ])('%s', (_what, fields, applies) => {
    expect(winner([ruleEntry('r', fields)]) !== undefined).toBe(applies)
  })
})

describe('the winner is the first in the order whose every predicate holds', () => {
  const any = ruleEntry('any')
  it.each<[string, RuleEntry[], string]>([
    [
      'priority before specificity',
      [ruleEntry('r', { priority: 1 }), ruleEntry('s', { called: [exact(CALLED)] })],
      'r',
    ],
    [
      'exact before a prefix',
      [ruleEntry('p', { called: [prefix('+1555')] }), ruleEntry('r', { called: [exact(CALLED)] })],
      'r',
    ],
    [
      'a longer prefix before a shorter',
      [ruleEntry('p', { called: [prefix('+1')] }), ruleEntry('r', { called: [prefix('+1555')] })],
      'r',
    ],
    [
      'a range before a regex',
      [
        ruleEntry('p', { called: [regex('^\\+1555')] }),
        ruleEntry('r', { called: [range('+15550000000', '+15559999999')] }),
      ],
      'r',
    ],
    ['a regex before any', [any, ruleEntry('r', { called: [regex('4567$')] })], 'r'],
    [
      'called before calling',
      [ruleEntry('p', { calling: [exact('+390212345678')] }), ruleEntry('r', { called: [regex('1')] })],
      'r',
    ],
    ['the older of two', [ruleEntry('p'), ruleEntry('r', { createdAt: 999 })], 'r'],
    ['the name that sorts first', [ruleEntry('s'), ruleEntry('r')], 'r'],
    [
      'a rule that names the trunk or one that names none, by the order alone',
      [ruleEntry('p', { trunks: ['team/acme'] }), ruleEntry('r', { createdAt: 1 })],
      'r',
    ],
    [
      'the next rule where the first fails at calling',
      [ruleEntry('p', { called: [exact(CALLED)], calling: [exact('+1')] }), ruleEntry('r')],
      'r',
    ],
    [
      'the next rule where the first fails at a header',
      [
        ruleEntry('p', { called: [exact(CALLED)], headers: [{ type: 'present', name: 'x-a', present: true }] }),
        ruleEntry('r'),
      ],
      'r',
    ],
    [
      'one of several called predicates is enough',
      [ruleEntry('r', { called: [exact('+1'), regex('^nobody'), prefix('+1555')] })],
      'r',
    ],
  ])('%s', (_what, rules, name) => {
    expect(winner(rules)).toBe(`team/${name}`)
    expect(winner(rules.toReversed())).toBe(`team/${name}`)
  })
})

describe('number predicates', () => {
  it.each<[NumberPredicate, string, boolean]>([
    [exact('+15551234567'), '+15551234567', true],
    [exact('+15551234567'), '15551234567', false],
    [exact('+05551234567'), '+5551234567', false],
    [exact('alice'), 'alice', true],
    [exact('+1234567890123456'), '+1234567890123456', true],
    [exact('+1234567890123456'), '+1234567890123457', false],
    [prefix('+'), '+1', true],
    [prefix('+1555'), '+1555', true],
    [prefix('+1555'), '+155', false],
    [prefix('+1555'), '+1555x', true],
    [prefix('sales-'), 'sales-7', true],
    [prefix('sales-'), 'sales', false],
    [prefix(''), 'anything', true],
    [range('+100', '+299'), '+100', true],
    [range('+100', '+299'), '+299', true],
    [range('+100', '+299'), '+300', false],
    [range('+100', '+299'), '+1500', false],
    [range('+0000', '+9999'), '+0042', true],
    [range('+299', '+100'), '+200', false],
    [range('100', '299'), '200', true],
    [range('+1000000000000000', '+1999999999999999'), '+1500000000000000', true],
    [regex('^\\+1555'), '+15551234567', true],
    [regex('^\\+1555$'), '+15551234567', false],
    [regex('4567'), '+15551234567', true],
    [regex('^\\+39|67$'), '+15551234567', true],
    [regex('^\\+49?1'), '+41', true],
    [regex('(?i)^ALICE'), 'alice', true],
  ])('%j and %s: %s', (predicate, number, holds) => {
    const filler = Array.from({ length: 20 }, (_, i) => exact(`+99${i}`))
    expect(winner([ruleEntry('r', { called: [predicate] })], { called: number }) !== undefined).toBe(holds)
    expect(winner([ruleEntry('r', { calling: [predicate] })], { calling: number }) !== undefined).toBe(holds)
    const both = ruleEntry('r', { called: [prefix('')], calling: [...filler, predicate] })
    expect(winner([both], { calling: number }) !== undefined).toBe(holds)
  })
})

describe('header predicates', () => {
  it.each<[RuleEntry['headers'][number], readonly string[], boolean]>([
    [{ type: 'exact', name: 'x-tenant', value: 'blue' }, ['blue'], true],
    [{ type: 'exact', name: 'x-tenant', value: 'blue' }, ['Blue'], false],
    [{ type: 'exact', name: 'x-tenant', value: 'blue' }, ['red', 'blue'], true],
    [{ type: 'exact', name: 'x-tenant', value: 'blue' }, [], false],
    [{ type: 'prefix', name: 'x-tenant', value: 'bl' }, ['red', 'blue'], true],
    [{ type: 'prefix', name: 'x-tenant', value: 'bl' }, ['able'], false],
    [{ type: 'regex', name: 'x-tenant', pattern: 'l.e' }, ['blue'], true],
    [{ type: 'regex', name: 'x-tenant', pattern: '^l' }, ['blue'], false],
    [{ type: 'present', name: 'x-tenant', present: true }, [''], true],
    [{ type: 'present', name: 'x-tenant', present: true }, [], false],
    [{ type: 'present', name: 'x-tenant', present: false }, [], true],
    [{ type: 'present', name: 'x-tenant', present: false }, ['blue'], false],
  ])('%j and %j: %s', (header, values, holds) => {
    const headers = { 'x-tenant': values }
    expect(winner([ruleEntry('r', { headers: [header] })], { headers }) !== undefined).toBe(holds)
    expect(winner([ruleEntry('r', { called: [prefix('+1')], headers: [header] })], { headers }) !== undefined).toBe(
      holds,
    )
  })

  it('must all hold', () => {
    const rule = ruleEntry('r', {
      headers: [
        { type: 'exact', name: 'x-a', value: '1' },
        { type: 'exact', name: 'x-b', value: '2' },
      ],
    })
    expect(winner([rule], { headers: { 'x-a': ['1'] } })).toBeUndefined()
    expect(winner([rule], { headers: { 'x-a': ['1'], 'x-b': ['2'] } })).toBe('team/r')
  })
})

describe('why no rule matched', () => {
  const blue: Partial<RuleEntry> = { headers: [{ type: 'exact', name: 'x-tenant', value: 'blue' }] }
  it.each<[string, RuleEntry[], string, string | undefined]>([
    ['no rule applies to the trunk', [ruleEntry('r', { trunks: ['team/other'] })], 'no_rules', undefined],
    [
      'every rule fails at called: the first in the order',
      [ruleEntry('s', { called: [exact('+2')] }), ruleEntry('r', { called: [exact('+1')] })],
      'called',
      'team/r',
    ],
    ['a regex fails', [ruleEntry('r', { called: [regex('^\\+2')] })], 'called', 'team/r'],
    [
      'a rule whose called holds is nearer',
      [
        ruleEntry('a', { priority: 9, called: [exact('+1')] }),
        ruleEntry('r', { called: [prefix('+1')], calling: [exact('+1')] }),
      ],
      'calling',
      'team/r',
    ],
    [
      'a rule for any called number counts as holding',
      [ruleEntry('a', { priority: 9, called: [exact('+1')] }), ruleEntry('r', { calling: [exact('+1')] })],
      'calling',
      'team/r',
    ],
    [
      'a rule that fails only at its header is nearest',
      [ruleEntry('a', { priority: 9, calling: [exact('+1')] }), ruleEntry('r', { ...blue, called: [exact(CALLED)] })],
      'header',
      'team/r',
    ],
    [
      'a rule with headers alone fails at them',
      [ruleEntry('a', { called: [exact(CALLED)], calling: [exact('+1')] }), ruleEntry('r', blue)],
      'header',
      'team/r',
    ],
    [
      'of equally near rules the first in the order',
      [ruleEntry('s', blue), ruleEntry('r', { ...blue, createdAt: 1 })],
      'header',
      'team/r',
    ],
  ])('%s', (_what, rules, reason, nearest) => {
    expect(verdict(rules)).toEqual({ type: 'no_rule', reason, nearest })
  })

  it('asks a schedule about the time that is handed in, and says when it holds next', () => {
    const office = ruleEntry('office', { called: [exact(CALLED)], schedule: [scheduleEntry()] })
    const rest = ruleEntry('rest', { called: [exact(CALLED)], createdAt: 1 })
    const [before, after] = [Date.parse('2026-11-30T17:59:59.999+01:00'), Date.parse('2026-11-30T18:00+01:00')]
    expect([before, after].map((at) => winner([office, rest], { at }))).toEqual(['team/office', 'team/rest'])
    expect(verdict([office], { at: after })).toMatchObject({
      type: 'no_rule',
      reason: 'schedule',
      nearest: 'team/office',
      schedule: { cause: 'windows', next: { at: Date.parse('2026-12-01T08:00+01:00'), offset: 3_600_000 } },
    })
  })

  it('counts a schedule as the last condition: a rule that fails at a header is further off', () => {
    const headers = [{ type: 'present', name: 'x-a', present: true }] as const
    const header = ruleEntry('header', { priority: 1, headers })
    const closed = ruleEntry('closed', { schedule: [scheduleEntry()] })
    const at = Date.parse('2026-11-29T12:00Z')
    expect(verdict([header, closed], { at })).toMatchObject({ reason: 'schedule', nearest: 'team/closed' })
  })

  it('reads no header where no rule asks for one', () => {
    const table = createLiveTable()
    table.load([acme, ruleEntry('r', { called: [exact('+2')] })], 1)
    const read: string[] = []
    const header = (name: string) => {
      read.push(name)
      return []
    }
    matchRule(table, { trunk: acme, called: CALLED, calling: '' }, { header }, 0)
    expect(read).toEqual([])
  })
})
