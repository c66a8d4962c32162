import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { CallFacts } from '../../../../ingress/lookup/call-facts.ts'
import { chooseTrunk } from '../../../../ingress/lookup/choose-trunk.ts'
import { createLiveTable, type LiveTable } from '../../../../ingress/lookup/live-table.ts'
import { matchRule } from '../../../../ingress/lookup/match-rule.ts'
import {
  entryKey,
  type TableDelta,
  type TableEntry,
  type TrunkEntry,
} from '../../../../ingress/route-table/route-table.ts'
import type { UserFault } from '../../../../ingress/route-table/user-reading.ts'
import {
  arbitraryAddress,
  arbitraryCall,
  arbitraryInstant,
  arbitraryRule,
  arbitraryService,
  arbitraryTrunk,
  arbitraryUser,
} from '../../../support/arbitrary-table.ts'
import { naiveRule, naiveTrunk } from '../../../support/naive-matcher.ts'
import { addressOf, trunkEntry } from '../../../support/table-entries.ts'

const byName = { selector: (entry: TableEntry) => entry.name }
const rules = fc.uniqueArray(arbitraryRule, { ...byName, maxLength: 10 })
const trunks = fc.uniqueArray(arbitraryTrunk, { ...byName, maxLength: 5 })

const anyTrunk = fc
  .tuple(fc.constantFrom('x', 'y'), fc.constantFrom('t', 'u', 'v'))
  .map(([namespace, name]) => trunkEntry(name, { namespace }))

interface Query {
  readonly trunk: TrunkEntry
  readonly called: string
  readonly calling: string
  readonly callingFault: UserFault | undefined
  readonly call: CallFacts
  readonly at: number
}

const query: fc.Arbitrary<Query> = fc.record({
  trunk: anyTrunk,
  called: arbitraryUser,
  calling: arbitraryUser,
  callingFault: fc.constantFrom(undefined, undefined, 'plus' as const),
  call: arbitraryCall,
  at: arbitraryInstant,
})

function tableOf(entries: readonly TableEntry[]): LiveTable {
  const table = createLiveTable()
  table.load(entries, 1)
  return table
}

describe('the index', () => {
  it('answers what the slow matcher answers', () => {
    const answers = fc.property(rules, fc.array(query, { minLength: 1, maxLength: 6 }), (entries, queries) => {
      const table = tableOf(entries)
      for (const match of queries) {
        const verdict = matchRule(table, match, match.call, match.at)
        const naive = naiveRule(entries, match)
        if (verdict.type === 'rule') expect(verdict.rule.name).toBe(naive.rule)
        else expect(verdict).toMatchObject({ type: 'no_rule', reason: naive.reason, nearest: naive.nearest })
      }
    })
    fc.assert(answers, { numRuns: 1500 })
  })

  it('chooses the trunk that the slow matcher chooses', () => {
    const backends = fc.uniqueArray(arbitraryRule, { ...byName, maxLength: 2 })
    const answers = fc.property(
      trunks,
      backends,
      fc.uniqueArray(arbitraryService, { ...byName, maxLength: 2 }),
      fc.array(arbitraryCall, { minLength: 1, maxLength: 6 }),
      (a, b, c, calls) => {
        const table = tableOf([...a, ...b, ...c])
        const called = b.flatMap(({ action }) => (action.type === 'Route' ? action.backends : []))
        const addresses = [...called, ...c.flatMap(({ endpoints }) => endpoints)].flatMap((to) =>
          'address' in to ? [to.address] : [],
        )
        for (const call of calls) {
          const verdict = chooseTrunk(table, call)
          const naive = naiveTrunk(a, addresses, call)
          const nearMisses = verdict.type === 'stranger' ? verdict.nearMisses.map(({ trunk }) => trunk.name).sort() : []
          expect({
            type: verdict.type,
            trunk: 'trunk' in verdict ? verdict.trunk.name : undefined,
            nearMisses,
          }).toEqual(naive)
        }
      },
    )
    fc.assert(answers, { numRuns: 1500 })
  })
})

function namesIn({ ruleNames, backendNames }: LiveTable): readonly [readonly string[], readonly string[]] {
  return [[...ruleNames.keys()].sort(), [...backendNames.keys()].sort()]
}

const anyEntry = fc.oneof(arbitraryRule, arbitraryTrunk, arbitraryService)

const delta: fc.Arbitrary<TableDelta> = fc.record({
  upserted: fc.uniqueArray(anyEntry, { selector: entryKey, maxLength: 4 }),
  removed: fc.uniqueArray(anyEntry.map(entryKey), { maxLength: 4 }),
})

describe('a table that changed many times', () => {
  it('answers what a table that was loaded as it is now answers', () => {
    const questions = fc.record({
      queries: fc.array(query, { minLength: 1, maxLength: 4 }),
      calls: fc.array(arbitraryCall, { minLength: 1, maxLength: 4 }),
      address: arbitraryAddress,
    })
    const same = fc.property(
      rules,
      fc.array(fc.tuple(delta, questions), { minLength: 1, maxLength: 12 }),
      (start, steps) => {
        const changed = tableOf(start)
        const entries = new Map<string, TableEntry>(start.map((entry) => [entryKey(entry), entry]))
        for (const [change, asked] of steps) {
          changed.apply(change, 2)
          for (const key of change.removed) entries.delete(key)
          for (const entry of change.upserted) entries.set(entryKey(entry), entry)
          const fresh = tableOf([...entries.values()])
          expect(answersOf(changed, asked)).toEqual(answersOf(fresh, asked))
          expect(namesIn(changed)).toEqual(namesIn(fresh))
        }
      },
    )
    fc.assert(same, { numRuns: 400 })
  })

  it('keeps the order when the ranks between two rules are used up', () => {
    const table = createLiveTable()
    const older = { ...trunkEntry('t'), name: 'team/t' }
    const count = 200
    const rule = (createdAt: number, name: string): TableEntry => ({
      kind: 'rule',
      namespace: 'team',
      name: `team/${name}`,
      createdAt,
      priority: 0,
      trunks: [],
      called: [],
      calling: [],
      headers: [
        { type: 'exact', name: 'x-n', value: name },
        { type: 'present', name: 'x-all', present: true },
      ],
      schedule: [],
      action: { type: 'Reject', status: 404, reason: 'Not Found' },
    })
    table.load([older, rule(0, 'first'), rule(count + 1, 'last')], 1)
    // Each between its elder and the youngest: a float is halved so about fifty times.
    for (let i = 1; i <= count; i++) table.apply({ upserted: [rule(i, `r${i}`)], removed: [] }, 2)
    const all = ['last', ...Array.from({ length: count }, (_, i) => `r${i + 1}`)]
    const header = (name: string) => (name === 'x-n' ? all : ['yes'])
    for (let i = 1; i <= count; i++) {
      const verdict = matchRule(table, { trunk: older, called: '', calling: '' }, { header }, 0)
      expect(verdict.type === 'rule' && verdict.rule.name).toBe(`team/r${i}`)
      table.apply({ upserted: [], removed: [`rule/team/r${i}`] }, 3)
    }
  })
})

/** Everything that a table says, in a form that does not depend on how it came about. */
function answersOf(
  table: LiveTable,
  asked: { queries: readonly Query[]; calls: readonly CallFacts[]; address: string },
) {
  const address = addressOf(asked.address)
  return {
    entries: table.entries,
    names: [...table.trunks(), ...table.rules(), ...table.services()].map(entryKey).sort(),
    ready: ['team/p:5060', 'team/q:5060'].map((name) => table.readyEndpoints(name)),
    headers: table.headersRead.toSorted(),
    known: table.peer(address).known,
    backend: [table.isBackend(address), table.isBackend(address, 5060), table.isBackend(address, 5070)],
    rules: asked.queries.map((match) => matchRule(table, match, match.call, match.at)),
    trunks: asked.calls.map((call) => sorted(chooseTrunk(table, call))),
  }
}

function sorted(verdict: ReturnType<typeof chooseTrunk>) {
  if (verdict.type !== 'stranger') return verdict
  return verdict.nearMisses.map(({ trunk }) => trunk.name).sort()
}
