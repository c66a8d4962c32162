import { describe, expect, it } from '@jest/globals'
import { createLiveTable, type LiveTable } from '../../../../ingress/lookup/live-table.ts'
import { PatternError } from '../../../../ingress/lookup/patterns.ts'
import { scheduleEntry } from '../../../support/schedule-entry.ts'
import { addressOf, routeTo, ruleEntry, serviceEntry, trunkEntry } from '../../../support/table-entries.ts'

const names = (entries: Iterable<{ readonly name: string }>) => Array.from(entries, ({ name }) => name).sort()
const broken = ruleEntry('broken', { called: [{ type: 'regex', pattern: '(' }] })

describe('a live table', () => {
  it('is not loaded before its first table, even an empty one', () => {
    const table = createLiveTable()
    expect([table.loaded, table.version, table.entries]).toEqual([false, 0, 0])
    table.load([], 7)
    expect([table.loaded, table.version, table.entries]).toEqual([true, 7, 0])
  })

  it('gives its entries by name', () => {
    const table = createLiveTable()
    const [trunk, rule] = [trunkEntry('a'), ruleEntry('a')]
    table.load([rule, trunk], 1)
    expect([table.trunk('team/a'), table.rule('team/a'), table.rule('team/b')]).toEqual([trunk, rule, undefined])
    expect([names(table.trunks()), names(table.rules()), table.entries]).toEqual([['team/a'], ['team/a'], 2])
  })

  it('tells which trunks and rules have limits, as they come, change and go', async () => {
    const table = createLiveTable()
    const limits = { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' } as const
    table.load([trunkEntry('a', { limits }), trunkEntry('b'), ruleEntry('r', { limits }), ruleEntry('s')], 1)
    const limited = () => [...table.limited.trunks.keys(), '|', ...table.limited.rules.keys()].join(' ')
    expect(limited()).toBe('team/a | team/r')
    table.apply({ upserted: [trunkEntry('a'), ruleEntry('r', { limits, priority: 3 })], removed: ['rule/team/s'] }, 2)
    expect([limited(), table.limited.rules.get('team/r')?.priority]).toEqual(['| team/r', 3])
    table.apply({ upserted: [ruleEntry('s', { limits })], removed: ['rule/team/r'] }, 3)
    expect(limited()).toBe('| team/s')
    await table.loadInSlices([trunkEntry('c', { limits })], 4)
    expect(limited()).toBe('team/c |')
  })

  it('replaces everything when it loads', () => {
    const table = createLiveTable()
    table.load([trunkEntry('a'), ruleEntry('r')], 1)
    table.load([trunkEntry('b')], 2)
    expect([names(table.trunks()), names(table.rules()), table.version]).toEqual([['team/b'], [], 2])
    expect(table.peer(addressOf('203.0.113.7')).known).toBe(true)
  })

  it('changes what a delta names, and ignores the removal of what is not there', () => {
    const table = createLiveTable()
    table.load([trunkEntry('a'), ruleEntry('r')], 1)
    const changed = trunkEntry('a', { createdAt: 5 })
    table.apply(
      { upserted: [changed, ruleEntry('s')], removed: ['rule/team/r', 'rule/team/none', 'trunk/team/none'] },
      2,
    )
    expect([table.trunk('team/a'), names(table.rules()), table.version]).toEqual([changed, ['team/s'], 2])
  })

  it('does not change at all where a pattern does not compile, and says so with a code', () => {
    const table = createLiveTable()
    table.load([trunkEntry('a')], 1)
    const delta = {
      upserted: [ruleEntry('good', { called: [{ type: 'regex', pattern: 'a' }] }), broken],
      removed: ['trunk/team/a'],
    }
    expect(() => table.apply(delta, 2)).toThrow(expect.objectContaining({ code: 'ROUTE_TABLE_PATTERN' }))
    expect(() => table.load([broken], 2)).toThrow(PatternError)
    expect([names(table.trunks()), names(table.rules()), table.version]).toEqual([['team/a'], [], 1])
  })

  it('does not change at all where it does not know a time zone, and says so with a code', () => {
    const table = createLiveTable()
    table.load([trunkEntry('a')], 1)
    const called = [{ type: 'regex' as const, pattern: 'a' }]
    const unknown = ruleEntry('b', { called, schedule: [scheduleEntry({ timeZone: 'Mars/Base' })] })
    const delta = { upserted: [ruleEntry('good', { schedule: [scheduleEntry()] }), unknown], removed: ['trunk/team/a'] }
    expect(() => table.apply(delta, 2)).toThrow(expect.objectContaining({ code: 'ROUTE_TABLE_TIME_ZONE' }))
    expect(() => table.load([unknown], 2)).toThrow('no known time zone: Mars/Base; run the same version')
    expect([names(table.trunks()), names(table.rules()), table.version]).toEqual([['team/a'], [], 1])
  })

  it('leaves the event loop to calls while the patterns of one rule are compiled', async () => {
    const table = createLiveTable()
    table.load([trunkEntry('a')], 1)
    const called = Array.from({ length: 60 }, (_, i) => ({ type: 'regex' as const, pattern: `${i}[0-9]{1000}` }))
    let turns = 0
    let next: NodeJS.Immediate | undefined
    const turn = (): void => {
      turns++
      next = setImmediate(turn)
    }
    next = setImmediate(turn)
    await table.applyInSlices({ upserted: [ruleEntry('many', { called })], removed: [] }, 2)
    clearImmediate(next)
    expect(turns).toBeGreaterThan(1)
    expect([names(table.rules()), table.version]).toEqual([['team/many'], 2])
    const delta = { upserted: [ruleEntry('good', { called }), broken], removed: ['rule/team/many'] }
    await expect(table.applyInSlices(delta, 3)).rejects.toThrow(PatternError)
    expect([names(table.rules()), table.version]).toEqual([['team/many'], 2])
  })

  it('names the headers that rules read, as long as one does', () => {
    const table = createLiveTable()
    const reads = (...headers: string[]) => ({
      headers: headers.map((name) => ({ type: 'present' as const, name, present: true })),
    })
    table.load([ruleEntry('r', reads('x-a', 'x-b')), ruleEntry('s', reads('x-a'))], 1)
    expect(table.headersRead.toSorted()).toEqual(['x-a', 'x-b'])
    table.apply({ upserted: [ruleEntry('r')], removed: [] }, 2)
    expect(table.headersRead).toEqual(['x-a'])
    const before = table.headersRead
    table.apply({ upserted: [ruleEntry('s', { ...reads('x-a'), priority: 1 })], removed: [] }, 3)
    expect(table.headersRead).toBe(before)
    table.apply({ upserted: [], removed: ['rule/team/s'] }, 4)
    expect(table.headersRead).toEqual([])
  })
})

describe('known addresses', () => {
  it.each([
    ['203.0.113.7', true],
    ['203.0.114.7', false],
    ['10.0.0.1', true],
    ['192.0.2.5', true],
    ['192.0.2.6', false],
    ['2001:db8::5', true],
    ['2001:db8::6', false],
  ])('%s: %s', (text, known) => {
    const table = createLiveTable()
    const trunk = trunkEntry('a', { trustedProxies: ['10.0.0.0/8'] })
    table.load([trunk, ruleEntry('r', { action: routeTo('192.0.2.5', '2001:db8::5', 'backend.example') })], 1)
    expect(table.peer(addressOf(text)).known).toBe(known)
    expect(table.peer(addressOf(text)).known).toBe(known)
  })

  it('follow every change of trunks and backends at once', () => {
    const table = createLiveTable()
    const [source, backend] = [addressOf('203.0.113.7'), addressOf('192.0.2.5')]
    const known = () => [table.peer(source).known, table.peer(backend).known]
    table.load([], 1)
    expect(known()).toEqual([false, false])
    table.apply({ upserted: [trunkEntry('a'), ruleEntry('r', { action: routeTo('192.0.2.5') })], removed: [] }, 2)
    expect(known()).toEqual([true, true])
    table.apply({ upserted: [trunkEntry('a', { sources: ['10.0.0.0/8'] }), ruleEntry('r')], removed: [] }, 3)
    expect(known()).toEqual([false, false])
  })

  it('stay backends while one rule names them, by address and by port', () => {
    const table = createLiveTable()
    const backend = addressOf('192.0.2.5')
    const asked = () => [table.isBackend(backend), table.isBackend(backend, 5060), table.isBackend(backend, 5070)]
    table.load(
      [
        ruleEntry('r', { action: routeTo('192.0.2.5') }),
        ruleEntry('s', { action: routeTo('192.0.2.5', '192.0.2.5 5070') }),
      ],
      1,
    )
    expect(asked()).toEqual([true, true, true])
    table.apply({ upserted: [], removed: ['rule/team/s'] }, 2)
    expect(asked()).toEqual([true, true, false])
    table.apply({ upserted: [], removed: ['rule/team/r'] }, 3)
    expect(asked()).toEqual([false, false, false])
  })
})

describe('a Service of a live table', () => {
  const places = (table: LiveTable) => table.readyEndpoints('team/pbx:5060').map(({ place }) => place)

  it('takes new calls at its ready endpoints, whose addresses are read once', () => {
    const table = createLiveTable()
    table.load([serviceEntry('pbx', { ready: ['10.0.0.1', '2001:db8::1 5070'], draining: ['10.0.0.2'] })], 1)
    expect(places(table)).toEqual(['10.0.0.1:5060', '[2001:db8::1]:5070'])
    expect(table.readyEndpoints('team/pbx:5060')[0]).toMatchObject({
      id: 'team/pbx:5060',
      address: addressOf('10.0.0.1'),
      port: 5060,
      transport: 'UDP',
    })
    expect([table.entries, names(table.services()), table.readyEndpoints('team/other:5060')]).toEqual([
      1,
      ['team/pbx:5060'],
      [],
    ])
  })

  it('has known peers as endpoints, ready or draining, until they are gone', () => {
    const table = createLiveTable()
    const [a, b] = [addressOf('10.0.0.1'), addressOf('10.0.0.2')]
    const known = () => [table.isBackend(a, 5060), table.isBackend(b, 5060)]
    table.load([serviceEntry('pbx', { ready: ['10.0.0.1', '10.0.0.2'] })], 1)
    expect([known(), places(table)]).toEqual([
      [true, true],
      ['10.0.0.1:5060', '10.0.0.2:5060'],
    ])
    table.apply({ upserted: [serviceEntry('pbx', { ready: ['10.0.0.2'], draining: ['10.0.0.1'] })], removed: [] }, 2)
    expect([known(), places(table)]).toEqual([[true, true], ['10.0.0.2:5060']])
    table.apply({ upserted: [serviceEntry('pbx', { ready: ['10.0.0.2'] })], removed: [] }, 3)
    expect([known(), table.peer(a).isBackend]).toEqual([[false, true], false])
    table.apply({ upserted: [], removed: ['service/team/pbx:5060', 'service/team/none:1'] }, 4)
    expect([known(), places(table), table.entries]).toEqual([[false, false], [], 0])
  })

  it('keeps an address known that a rule names too', () => {
    const table = createLiveTable()
    table.load([serviceEntry('pbx', { ready: ['10.0.0.1'] }), ruleEntry('r', { action: routeTo('10.0.0.1') })], 1)
    table.apply({ upserted: [], removed: ['service/team/pbx:5060'] }, 2)
    expect(table.peer(addressOf('10.0.0.1')).isBackend).toBe(true)
  })
})
