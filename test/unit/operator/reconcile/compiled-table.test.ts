import { describe, expect, it } from '@jest/globals'
import { entryKey, type ServiceEntry, type TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { withLastServices } from '../../../../operator/reconcile/compiled-table.ts'
import { ruleEntry } from '../../../support/table-entries.ts'

const voice: ServiceEntry = {
  ...{ kind: 'service', name: 'team/voice:5060', namespace: 'team', transport: 'UDP' },
  endpoints: [{ address: '192.0.2.10', port: 5060, state: 'ready' }],
}

const entries = (...list: readonly TableEntry[]) => new Map(list.map((entry) => [entryKey(entry), entry]))

describe('a table without Services', () => {
  it('keeps the Services of the table before it, and nothing else of that', () => {
    const compiled = { entries: entries(ruleEntry('new')), objects: [] }
    const table = withLastServices(compiled, entries(ruleEntry('old'), voice))
    expect([...table.entries.values()]).toEqual([ruleEntry('new'), voice])
    expect(compiled.entries.size).toBe(1)
  })
})
