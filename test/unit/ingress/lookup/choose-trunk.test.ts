import { describe, expect, it } from '@jest/globals'
import { chooseTrunk } from '../../../../ingress/lookup/choose-trunk.ts'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import type { TableEntry, TrunkEntry } from '../../../../ingress/route-table/route-table.ts'
import { type CallSketch, callFacts, routeTo, ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

function verdict(entries: readonly TableEntry[], sketch: CallSketch = {}) {
  const table = createLiveTable()
  table.load(entries, 1)
  return chooseTrunk(table, callFacts(sketch))
}

function chosen(entries: readonly TableEntry[], sketch?: CallSketch): string {
  const found = verdict(entries, sketch)
  return found.type === 'admitted' || found.type === 'not_owned' ? `${found.type} ${found.trunk.name}` : found.type
}

const owns = (value: string): Pick<TrunkEntry, 'called'> => ({ called: [{ type: 'prefix', value }] })

describe('who is admitted', () => {
  const acme = trunkEntry('acme', { sources: ['203.0.113.0/24', '2001:db8::/48'], transports: ['TCP'] })
  it.each<[string, CallSketch, string]>([
    ['a source in a network of the trunk', { transport: 'TCP' }, 'admitted team/acme'],
    ['an IPv6 source', { source: '2001:db8::1', transport: 'TCP' }, 'admitted team/acme'],
    ['an IPv4 source on an IPv6 socket', { source: '::ffff:203.0.113.7', transport: 'TCP' }, 'admitted team/acme'],
    ['not a source outside', { source: '203.0.114.7', transport: 'TCP' }, 'stranger'],
    ['not an IPv6 source outside', { source: '2001:db9::1', transport: 'TCP' }, 'stranger'],
    ['not another transport', { transport: 'UDP' }, 'stranger'],
    [
      'nobody for what an untrusted sender wrote in Via',
      { source: '198.51.100.1', transport: 'TCP', recorded: ['203.0.113.7'] },
      'stranger',
    ],
  ])('%s', (_what, sketch, expected) => {
    expect(chosen([acme], sketch)).toBe(expected)
  })

  it('an allow-list that does not parse admits nobody', () => {
    expect(chosen([trunkEntry('acme', { sources: ['203.0.113.0/33', 'carrier.example'] })])).toBe('stranger')
    expect(chosen([trunkEntry('acme', { sources: [] })])).toBe('stranger')
  })

  it('a stranger who only used the wrong transport is a near miss of that trunk', () => {
    expect(verdict([acme, trunkEntry('far', { sources: ['10.0.0.0/8'] })])).toEqual({
      type: 'stranger',
      nearMisses: [{ trunk: acme, reason: 'transport' }],
    })
  })

  it('any other stranger is near to no trunk', () => {
    expect(verdict([acme], { source: '198.51.100.1' })).toEqual({ type: 'stranger', nearMisses: [] })
  })

  it('a backend that no trunk admits is known', () => {
    expect(chosen([acme, ruleEntry('r', { action: routeTo('10.0.0.5') })], { source: '10.0.0.5' })).toBe('known')
  })
})

describe('a trusted proxy', () => {
  const edge = trunkEntry('edge', { trustedProxies: ['10.0.0.0/8'] })
  it.each<[string, CallSketch, string]>([
    ['names a source of the trunk', { source: '10.0.0.1', recorded: ['203.0.113.7'] }, 'admitted team/edge'],
    [
      'names a source behind other proxies of the trunk',
      { source: '10.0.0.1', recorded: ['10.0.0.2', '203.0.113.7'] },
      'admitted team/edge',
    ],
    ['names a stranger and is known', { source: '10.0.0.1', recorded: ['198.51.100.1'] }, 'known'],
    [
      'names a stranger in front of a source',
      { source: '10.0.0.1', recorded: ['198.51.100.1', '203.0.113.7'] },
      'known',
    ],
    [
      'records no address and admits nobody',
      { source: '10.0.0.1', recorded: ['unknown.example', '203.0.113.7'] },
      'known',
    ],
    ['records nothing and is the source itself, which no network holds', { source: '10.0.0.1' }, 'known'],
  ])('%s', (_what, sketch, expected) => {
    expect(chosen([edge], sketch)).toBe(expected)
  })

  it('is the source itself where it recorded nothing', () => {
    const open = trunkEntry('edge', { sources: ['10.0.0.0/8'], trustedProxies: ['10.0.0.1/32'] })
    expect(chosen([open], { source: '10.0.0.1' })).toBe('admitted team/edge')
    expect(chosen([open], { source: '10.0.0.1', recorded: ['10.0.0.1'] })).toBe('admitted team/edge')
  })

  it('does not lend its own address to the stranger it names', () => {
    const open = trunkEntry('edge', { sources: ['10.0.0.0/8'], trustedProxies: ['10.0.0.1/32'] })
    expect(chosen([open], { source: '10.0.0.1', recorded: ['198.51.100.1'] })).toBe('known')
  })

  it('is trusted by its own trunk only', () => {
    const other = trunkEntry('other', { sources: ['203.0.113.0/24'], trustedProxies: [] })
    const proxied = trunkEntry('edge', { sources: ['192.0.2.0/24'], trustedProxies: ['10.0.0.0/8'] })
    expect(chosen([proxied, other], { source: '10.0.0.1', recorded: ['203.0.113.7'] })).toBe('known')
  })
})

describe('among the trunks that admit and own the number', () => {
  it.each<[string, TrunkEntry[], string]>([
    [
      'the namespace of the oldest comes first',
      [
        trunkEntry('a', { createdAt: 1 }),
        trunkEntry('b', { namespace: 'rival', ...owns('+1'), sources: ['203.0.113.7/32'] }),
      ],
      'admitted team/a',
    ],
    [
      'the oldest that owns the number, not one that does not',
      [trunkEntry('a', { createdAt: 1, ...owns('+2') }), trunkEntry('b', { namespace: 'rival' })],
      'admitted rival/b',
    ],
    [
      'a match on called before none',
      [trunkEntry('a', { createdAt: 1, sources: ['203.0.113.7/32'] }), trunkEntry('b', owns('+1'))],
      'admitted team/b',
    ],
    [
      'then the longest source prefix',
      [trunkEntry('a', { createdAt: 1 }), trunkEntry('b', { sources: ['0.0.0.0/0', '203.0.113.0/25'] })],
      'admitted team/b',
    ],
    ['then the oldest', [trunkEntry('a'), trunkEntry('b', { createdAt: 999 })], 'admitted team/b'],
    ['then the name', [trunkEntry('b'), trunkEntry('a')], 'admitted team/a'],
    [
      'a longer called prefix counts no more than a shorter one',
      [trunkEntry('a', { ...owns('+1'), createdAt: 1 }), trunkEntry('b', owns('+1555'))],
      'admitted team/a',
    ],
    [
      'nobody owns it: the trunk that would come first',
      [
        trunkEntry('a', { createdAt: 1, ...owns('+2') }),
        trunkEntry('b', { ...owns('+3'), sources: ['203.0.113.7/32'] }),
      ],
      'not_owned team/b',
    ],
  ])('%s', (_what, trunks, expected) => {
    expect(chosen(trunks)).toBe(expected)
    expect(chosen(trunks.toReversed())).toBe(expected)
  })

  it('finds a number in a list of 100,000', () => {
    const called = Array.from({ length: 100_000 }, (_, i) => ({ type: 'exact' as const, value: `+1555${i + 100_000}` }))
    const trunk = trunkEntry('a', { called })
    expect(chosen([trunk], { user: '+1555123456' })).toBe('admitted team/a')
    expect(chosen([trunk], { user: '+1555999999' })).toBe('not_owned team/a')
  })
})

describe('the numbers of a call', () => {
  const numbers = { calledFrom: 'To', callingFrom: 'PAI', defaultRegion: 'US' } as const
  it('are canonical, and read where the policy of the trunk says', () => {
    const trunk = trunkEntry('a', { numbers })
    const sketch = { user: 'pbx', to: '(202) 456-1111', from: '+1', asserted: '0044 20 7946 0018' }
    expect(verdict([trunk], sketch)).toEqual({
      type: 'admitted',
      trunk,
      called: '+12024561111',
      calling: '+442079460018',
    })
  })

  it('come from Request-URI and From otherwise', () => {
    const trunk = trunkEntry('a')
    const sketch = { user: '1-555', to: '+9', from: 'alice', asserted: '+8' }
    expect(verdict([trunk], sketch)).toEqual({ type: 'admitted', trunk, called: '1555', calling: 'alice' })
  })

  it('are empty where there is no user; From never stands in for a missing identity', () => {
    const trunk = trunkEntry('a', { numbers })
    expect(verdict([trunk], { to: undefined, from: '+1' })).toEqual({
      type: 'admitted',
      trunk,
      called: '',
      calling: '',
    })
  })

  it('are those of the trunk that owns them, where trunks read different ones', () => {
    const byTo = trunkEntry('to', { numbers: { ...numbers, callingFrom: 'From' }, ...owns('+1202') })
    const byUri = trunkEntry('uri', { createdAt: 1, ...owns('+1202') })
    expect(chosen([byTo, byUri], { user: '2024561111', to: '2024561111' })).toBe('admitted team/to')
  })
})
