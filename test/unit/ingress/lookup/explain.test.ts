import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { chooseTrunk } from '../../../../ingress/lookup/choose-trunk.ts'
import { explainCall } from '../../../../ingress/lookup/explain.ts'
import { MAX_EXPLAINED_RULES } from '../../../../ingress/lookup/limits.ts'
import { createLiveTable, type LiveTable } from '../../../../ingress/lookup/live-table.ts'
import { matchRule } from '../../../../ingress/lookup/match-rule.ts'
import { toCanonical } from '../../../../ingress/lookup/phone-number.ts'
import type { RuleEntry, TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { arbitraryCall, arbitraryInstant, arbitraryRule, arbitraryTrunk } from '../../../support/arbitrary-table.ts'
import { type NaiveMatch, naiveRule, naiveTrunk } from '../../../support/naive-matcher.ts'
import { type CallSketch, callFacts, ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

const byName = { selector: (entry: TableEntry) => entry.name }
const rules = fc.uniqueArray(arbitraryRule, { ...byName, maxLength: 8 })
const trunks = fc.uniqueArray(arbitraryTrunk, { ...byName, minLength: 1, maxLength: 5 })
const calls = fc.array(arbitraryCall, { minLength: 1, maxLength: 6 })

function tableOf(entries: readonly TableEntry[]): LiveTable {
  const table = createLiveTable()
  table.load(entries, 1)
  return table
}

function explained(entries: readonly TableEntry[], sketch: CallSketch = {}) {
  const { trunks, rules } = explainCall(tableOf(entries), callFacts(sketch), 0)
  return {
    trunks: trunks.shown.map(({ trunk, standing }) => [trunk.name, standing]),
    rules: rules.shown.map(({ rule, standing }) => [rule.name, standing.type]),
  }
}

/** Where the slow matcher places the rules, the winner given. */
function naiveStandings(entries: readonly RuleEntry[], match: NaiveMatch, winner: string | undefined) {
  return entries.map((rule) => {
    const { rule: name, reason } = naiveRule([rule], match)
    const holds = name === winner ? 'wins' : 'later'
    return [rule.name, name === undefined ? reason : holds]
  })
}

describe('an explanation of any call by any table', () => {
  it('has the verdicts of the matcher', () => {
    const same = fc.property(trunks, rules, calls, arbitraryInstant, (a, b, some, at) => {
      const table = tableOf([...a, ...b])
      for (const call of some) {
        const { trunkVerdict, ruleVerdict } = explainCall(table, call, at)
        const verdict = chooseTrunk(table, call)
        expect(trunkVerdict).toEqual(verdict)
        expect(ruleVerdict).toEqual(verdict.type === 'admitted' ? matchRule(table, verdict, call, at) : undefined)
      }
    })
    fc.assert(same, { numRuns: 300 })
  })

  it('places every trunk as the slow matcher does', () => {
    const same = fc.property(trunks, calls, (entries, some) => {
      const table = tableOf(entries)
      for (const call of some) {
        const { shown } = explainCall(table, call, 0).trunks
        const named = (standing: string) =>
          shown.filter((one) => one.standing === standing).map((one) => one.trunk.name)
        const naive = naiveTrunk(entries, [], call)
        expect(named('chosen')).toEqual(naive.type === 'admitted' ? [naive.trunk] : [])
        if (naive.type === 'stranger') expect(named('transport').sort()).toEqual(naive.nearMisses)
        for (const { trunk, standing } of shown) {
          const alone = naiveTrunk([trunk], [], call)
          expect(standing === 'chosen' || standing === 'later').toBe(alone.type === 'admitted')
          expect(standing === 'unreadable').toBe(alone.type === 'unreadable')
          expect(standing === 'called').toBe(alone.type === 'not_owned')
          expect(standing === 'source').toBe(alone.type === 'stranger' && alone.nearMisses.length === 0)
        }
      }
    })
    fc.assert(same, { numRuns: 300 })
  })

  it('places every rule as the slow matcher does', () => {
    const trunk = trunkEntry('t', { namespace: 'x', sources: ['0.0.0.0/0', '::/0'] })
    const same = fc.property(rules, calls, arbitraryInstant, (entries, some, at) => {
      const table = tableOf([trunk, ...entries])
      for (const call of some) {
        const { shown } = explainCall(table, call, at).rules
        const called = toCanonical(call.requestUri.user, trunk.numbers)
        const calling = toCanonical(call.fromUser, trunk.numbers)
        const numbers = { called: called.number, calling: calling.number, callingFault: calling.fault }
        const match = { trunk, ...numbers, call, at }
        if (called.fault !== undefined) continue
        const { rule, reason, nearest } = naiveRule(entries, match)
        const standings = shown.map((one) => [one.rule.name, one.standing.type])
        const shownRules = shown.map((one) => one.rule)
        expect(standings).toEqual(naiveStandings(shownRules, match, rule))
        const first = standings.find(([, standing]) => standing === (reason ?? 'wins'))
        expect(first?.[0]).toBe(rule ?? nearest)
      }
    })
    fc.assert(same, { numRuns: 500 })
  })
})

describe('where trunks stand', () => {
  it('tells the chosen one from those that come later and those that do not admit', () => {
    const entries = [
      trunkEntry('acme', { sources: ['203.0.113.7/32'] }),
      trunkEntry('wide'),
      trunkEntry('rival', { namespace: 'other', createdAt: 2000, sources: ['203.0.113.7/32'] }),
      trunkEntry('owner', { called: [{ type: 'prefix', value: '+44' }] }),
      trunkEntry('stream', { transports: ['TCP'] }),
      trunkEntry('edge', { sources: ['198.51.100.0/24'], trustedProxies: ['203.0.113.7/32'] }),
      trunkEntry('far', { sources: ['192.0.2.0/24'] }),
    ]
    expect(explained(entries, { recorded: ['192.0.2.9'] }).trunks).toEqual([
      ['team/acme', 'chosen'],
      ['team/wide', 'later'],
      ['other/rival', 'later'],
      ['team/owner', 'called'],
      ['team/stream', 'transport'],
      ['team/edge', 'proxy'],
      ['team/far', 'source'],
    ])
  })

  it('chooses none where nobody owns the number, and asks no rule', () => {
    const owner = trunkEntry('owner', { called: [{ type: 'prefix', value: '+44' }] })
    const table = tableOf([owner, ruleEntry('any')])
    const { trunkVerdict, ruleVerdict, trunks, rules } = explainCall(table, callFacts(), 0)
    expect(trunkVerdict).toMatchObject({ type: 'not_owned', called: '+15551234567' })
    expect(trunks.shown).toEqual([{ trunk: owner, standing: 'called', called: '+15551234567' }])
    expect([ruleVerdict, rules.shown]).toEqual([undefined, []])
  })

  it('says of a called number that cannot be read why that is so', () => {
    const trunk = trunkEntry('acme')
    const written = trunkEntry('written', {
      createdAt: 2000,
      numbers: { calledFrom: 'RequestURI', callingFrom: 'From', unreadable: 'AsWritten' },
    })
    const { trunkVerdict, trunks } = explainCall(tableOf([trunk, written]), callFacts({ user: '++1900' }), 0)
    expect(trunkVerdict).toEqual({ type: 'unreadable', trunk, called: '++1900', fault: 'plus' })
    expect(trunks.shown).toEqual([
      { trunk, standing: 'unreadable', called: '++1900', fault: 'plus' },
      { trunk: written, standing: 'later', called: '++1900' },
    ])
  })
})

describe('where rules stand', () => {
  it('names the first condition that fails, in the order of the rules', () => {
    const blue = { type: 'exact', name: 'x-tenant', value: 'blue' } as const
    const entries = [
      trunkEntry('acme'),
      ruleEntry('fallback'),
      ruleEntry('tenant', { priority: 3, headers: [{ type: 'present', name: 'x-tenant', present: true }, blue] }),
      ruleEntry('caller', { priority: 4, calling: [{ type: 'prefix', value: '+39' }], headers: [blue] }),
      ruleEntry('number', { priority: 5, called: [{ type: 'exact', value: '+1' }] }),
      ruleEntry('winner', { priority: 1 }),
      ruleEntry('rival', { namespace: 'other' }),
      ruleEntry('elsewhere', { trunks: ['team/other'] }),
    ]
    const sketch = { from: '+49301234', headers: { 'x-tenant': ['red'] } }
    expect(explained(entries, sketch).rules).toEqual([
      ['team/number', 'called'],
      ['team/caller', 'calling'],
      ['team/tenant', 'header'],
      ['team/winner', 'wins'],
      ['team/fallback', 'later'],
    ])
    const tenant = explainCall(tableOf(entries), callFacts(sketch), 0).rules.shown[2]
    expect(tenant?.standing).toEqual({ type: 'header', header: blue, values: ['red'] })
  })

  it('ends at the first rule that asks for a calling number which cannot be read', () => {
    const calling = [{ type: 'prefix' as const, value: '+39' }]
    const entries = [
      trunkEntry('acme'),
      ruleEntry('elsewhere', { priority: 3, called: [{ type: 'exact', value: '+1' }], calling }),
      ruleEntry('caller', { priority: 2, calling }),
      ruleEntry('any'),
    ]
    expect(explained(entries, { from: '++39' }).rules).toEqual([
      ['team/elsewhere', 'called'],
      ['team/caller', 'calling_unreadable'],
      ['team/any', 'later'],
    ])
    expect(explainCall(tableOf(entries), callFacts({ from: '++39' }), 0).ruleVerdict).toEqual({
      ...{ type: 'no_rule', reason: 'calling_unreadable', nearest: 'team/caller' },
    })
  })

  it('shows the nearest of many, in their order, and counts the others', () => {
    const exact = (value: string) => [{ type: 'exact' as const, value }]
    const entries = [
      trunkEntry('acme'),
      ...Array.from({ length: 100 }, (_, i) => ruleEntry(`r${i}`, { priority: 9, called: exact(`+44${i}`) })),
      ruleEntry('caller', { priority: 3, calling: exact('+1') }),
      ruleEntry('slip', { priority: 2, called: exact('+15551234576') }),
      ruleEntry('winner', { priority: 1 }),
      ...Array.from({ length: 40 }, (_, i) => ruleEntry(`later${i}`)),
    ]
    const { shown, leftOut } = explainCall(tableOf(entries), callFacts(), 0).rules
    expect([shown.length, leftOut]).toEqual([MAX_EXPLAINED_RULES, 143 - MAX_EXPLAINED_RULES])
    const standings = shown.map(({ rule, standing }) => `${rule.name} ${standing.type}`)
    expect(standings.slice(0, 2)).toEqual(['team/winner wins', 'team/later0 later'])
    const without = entries.filter(({ name }) => !name.startsWith('team/later') && name !== 'team/winner')
    const refused = explainCall(tableOf(without), callFacts(), 0).rules.shown
    expect(refused.slice(-2).map(({ rule }) => rule.name)).toEqual(['team/caller', 'team/slip'])
  })
})
