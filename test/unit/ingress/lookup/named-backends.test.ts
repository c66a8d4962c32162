import { describe, expect, it } from '@jest/globals'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import type { LocatedServer } from '../../../../ingress/resolve/located-server.ts'
import type { NameBackend, RuleEntry } from '../../../../ingress/route-table/route-table.ts'
import { addressOf, routeTo, ruleEntry } from '../../../support/table-entries.ts'

function toName(name: string, ...hosts: readonly string[]): RuleEntry {
  const action = routeTo('10.0.0.99')
  if (action.type !== 'Route') throw new TypeError('no route')
  const backends = hosts.map(
    (host): NameBackend => ({ uri: `sip:${host}`, host, uriParameters: '', weight: 1, tier: 0 }),
  )
  return ruleEntry(name, { action: { ...action, backends } })
}

const server = (...addresses: readonly string[]): LocatedServer => ({
  ...{ target: 'x.example', priority: 0, weight: 0, port: 5070, transport: undefined },
  addresses: addresses.map(addressOf),
})

const isPeer = (table: ReturnType<typeof createLiveTable>, text: string) => table.peer(addressOf(text)).isBackend

describe('the names of a table', () => {
  it('are those of its rules, each once, with the backends that have it', () => {
    const table = createLiveTable()
    table.load([toName('a', 'one.example', 'two.example'), toName('b', 'one.example')], 1)
    expect([...table.names.keys()]).toEqual(['one.example', 'two.example'])
    table.apply({ upserted: [], removed: ['rule/team/a'] }, 2)
    expect([...table.names.keys()]).toEqual(['one.example'])
    table.apply({ upserted: [toName('b', 'three.example')], removed: [] }, 3)
    expect([...table.names]).toEqual([
      ['three.example', { place: { host: 'three.example' }, backends: new Map([['sip:three.example', 1]]) }],
    ])
  })
})

describe('the addresses of a name', () => {
  it('are peers from the moment that DNS has said so, and strangers again when it says otherwise', () => {
    const table = createLiveTable()
    table.load([toName('a', 'one.example')], 1)
    const seen = () => ['10.1.0.1', '10.1.0.2'].map((text) => isPeer(table, text))
    expect(seen()).toEqual([false, false])
    table.setServers('one.example', [server('10.1.0.1')])
    expect(seen()).toEqual([true, false])
    expect(table.isBackend(addressOf('10.1.0.1'), 5070)).toBe(true)
    expect(table.isBackend(addressOf('10.1.0.1'), 5060)).toBe(false)
    table.setServers('one.example', [server('10.1.0.2')])
    expect(seen()).toEqual([false, true])
    table.setServers('one.example', undefined)
    expect(seen()).toEqual([false, false])
  })

  it('stay peers as long as another name or a rule names them', () => {
    const table = createLiveTable()
    table.load([toName('a', 'one.example', 'two.example'), ruleEntry('c', { action: routeTo('10.1.0.2 5070') })], 1)
    table.setServers('one.example', [server('10.1.0.1', '10.1.0.2')])
    table.setServers('two.example', [server('10.1.0.1')])
    table.setServers('one.example', undefined)
    expect(['10.1.0.1', '10.1.0.2'].map((text) => isPeer(table, text))).toEqual([true, true])
    table.apply({ upserted: [], removed: ['rule/team/c'] }, 2)
    expect(isPeer(table, '10.1.0.2')).toBe(false)
  })

  it('survive a new table, also one that is loaded in slices while DNS says something else', async () => {
    const table = createLiveTable()
    const rules = Array.from({ length: 3_000 }, (_, i) => toName(`r${i}`, `n${i}.example`))
    table.load([toName('a', 'one.example')], 1)
    table.setServers('one.example', [server('10.1.0.1')])
    const loading = table.loadInSlices([...rules, toName('a', 'one.example')], 2)
    table.setServers('one.example', [server('10.1.0.2')])
    await loading
    expect(['10.1.0.1', '10.1.0.2'].map((text) => isPeer(table, text))).toEqual([false, true])
    expect(table.serversOf('one.example')).toEqual([server('10.1.0.2')])
    expect(table.names.size).toBe(3_001)
  })
})
