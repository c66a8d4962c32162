import { describe, expect, it } from '@jest/globals'
import { entryKey, type RuleEntry, type TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { usableEntries } from '../../../../operator/reconcile/usable-entries.ts'
import { ruleEntry } from '../../../support/table-entries.ts'

const good = ruleEntry('good')
const bad: RuleEntry = { ...ruleEntry('bad'), priority: Number.NaN }

function tableOf(...entries: readonly TableEntry[]): Map<string, TableEntry> {
  return new Map(entries.map((entry) => [entryKey(entry), entry]))
}

describe('an entry that pods cannot read', () => {
  it('is left out of the table, and told', () => {
    const told: string[] = []
    const usable = usableEntries(tableOf(good, bad), tableOf(), (key, problem) => told.push(`${key}: ${problem}`))
    expect(usable).toEqual(tableOf(good))
    expect(told).toEqual([expect.stringMatching(/^rule\/team\/bad: .*priority/)])
  })

  it('stays as it was published last', () => {
    const before = { ...ruleEntry('bad'), priority: 7 }
    const usable = usableEntries(tableOf(bad), tableOf(before), () => undefined)
    expect(usable).toEqual(tableOf(before))
  })
})
