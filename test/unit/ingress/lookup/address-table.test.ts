import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { type IpPrefix, parseIpPrefix, prefixContains } from '../../../../ingress/address/ip-address.ts'
import { AddressTable } from '../../../../ingress/lookup/address-table.ts'
import { addressOf } from '../../../support/table-entries.ts'

function prefixOf(text: string): IpPrefix {
  const prefix = parseIpPrefix(text)
  if (prefix === undefined) throw new Error(`no network: ${text}`)
  return prefix
}

const v4 = fc.tuple(fc.constantFrom('10.1.2.3', '10.1.2.200', '192.168.0.1', '255.255.255.255'), fc.nat(32))
const v6 = fc.tuple(fc.constantFrom('2001:db8::1', '2001:db8:ffff::1', '::1', 'ffff::'), fc.nat(128))
const network = fc.oneof(v4, v6).map(([address, length]) => prefixOf(`${address}/${length}`))
const address = fc
  .constantFrom(
    '10.1.2.3',
    '10.1.3.3',
    '11.0.0.0',
    '255.255.255.255',
    '0.0.0.0',
    '2001:db8::1',
    '2001:db8::2',
    '::',
    'ffff::',
  )
  .map(addressOf)

function longest(entries: readonly { network: IpPrefix; value: number }[]): Map<number, number> {
  const lengths = new Map<number, number>()
  for (const { network, value } of entries) lengths.set(value, Math.max(network.length, lengths.get(value) ?? 0))
  return lengths
}

describe('a table of networks', () => {
  it('finds the longest network of each value, also after removals', () => {
    const held = fc.array(fc.record({ network, value: fc.nat(3), removed: fc.boolean() }), { maxLength: 20 })
    const same = fc.property(held, fc.array(address, { minLength: 1 }), (entries, addresses) => {
      const table = new AddressTable<number>()
      for (const { network, value } of entries) table.add(network, value)
      for (const { network, value, removed } of entries) if (removed) table.remove(network, value)
      for (const asked of addresses) {
        const expected = longest(entries.filter(({ network, removed }) => !removed && prefixContains(network, asked)))
        expect(table.find(asked)).toEqual(expected)
      }
    })
    fc.assert(same, { numRuns: 500 })
  })

  it('never finds an IPv4 address in an IPv6 network', () => {
    const table = new AddressTable<string>()
    table.add(prefixOf('::/0'), 'all')
    expect([table.find(addressOf('10.0.0.1')).size, table.find(addressOf('::1')).size]).toEqual([0, 1])
  })
})
