import { describe, expect, it } from '@jest/globals'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import { createTableReplica } from '../../../../ingress/replica/table-replica.ts'
import type { TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { ruleEntry } from '../../../support/table-entries.ts'
import { wholeTable } from '../../../support/whole-table.ts'

const RULES = Array.from({ length: 20 }, (_, i) => ruleEntry(`r${i}`, { called: [{ type: 'exact', value: `+${i}` }] }))

function snapshot(entries: readonly TableEntry[], version: number) {
  const { head, entries: texts } = wholeTable(entries, { epoch: 1, version })
  return { head, entries: new Map(texts) }
}

function sides() {
  const table = createLiveTable()
  return { table, replica: createTableReplica(table) }
}

const namesOf = (entries: Iterable<TableEntry>): string[] => [...entries].map(({ name }) => name).sort()

describe('a replica that loads a whole table', () => {
  it('keeps what is the same in both, and takes the rest over', async () => {
    const { table, replica } = sides()
    await replica.load(snapshot(RULES, 1))
    const kept = table.rule('team/r3')
    const changed = { ...RULES[1], ...ruleEntry('r1', { priority: 7 }) }
    const next = [...RULES.slice(2), changed, ruleEntry('fresh')]
    await replica.load(snapshot(next, 2))
    expect(table.version).toBe(2)
    expect(namesOf(table.rules())).toEqual(namesOf(next))
    expect(table.rule('team/r1')?.priority).toBe(7)
    expect(table.rule('team/r3')).toBe(kept)
    expect(namesOf(replica.entries())).toEqual(namesOf(next))
  })

  it('takes over one that has little in common with it', async () => {
    const { table, replica } = sides()
    await replica.load(snapshot(RULES, 1))
    const next = [...RULES.slice(0, 3), ruleEntry('fresh')]
    await replica.load(snapshot(next, 2))
    expect(namesOf(table.rules())).toEqual(namesOf(next))
    expect(namesOf(replica.entries())).toEqual(namesOf(next))
  })

  it('is what it was where the table has an entry that does not compile', async () => {
    const { table, replica } = sides()
    await replica.load(snapshot(RULES, 1))
    const damaged = snapshot([...RULES.slice(1), ruleEntry('bad', { called: [{ type: 'regex', pattern: '(' }] })], 2)
    await expect(replica.load(damaged)).rejects.toThrow('(')
    expect(replica.head?.version).toBe(1)
    expect(namesOf(table.rules())).toEqual(namesOf(RULES))
  })
})
