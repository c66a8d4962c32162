import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isCallable as isCallableText } from '../../../../crds/schema/network.ts'
import { isCallable, parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import { CacheContentError } from '../../../../ingress/route-table/cache-content-error.ts'
import type { TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { decodeEntry } from '../../../../ingress/route-table/table-codec.ts'
import { endpointsOf } from '../../../../operator/compile/service-endpoints.ts'
import { routeAction, ruleEntry } from '../../../support/engine-harness.ts'

const NOWHERE = [
  ...['0.0.0.0', '0.1.2.3', '224.0.0.1', '224.0.1.75', '239.255.255.255', '255.255.255.255'],
  ...['::', '0:0:0:0:0:0:0:0', 'ff00::', 'ff02::1', 'FF0E::101', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
]
/** Whoever is the last in one is the next in another network: only the address for all networks is known to be no machine. */
const SOMEWHERE = [
  ...['1.0.0.1', '10.0.0.255', '127.0.0.1', '223.255.255.254', '240.0.0.1', '255.255.255.254'],
  ...['::1', '1::', '2001:db8::5', 'fe80::1', 'fd00::ff02', 'ff::1'],
]

const callable = (text: string): boolean => {
  const address = parseIpAddress(text)
  return address !== undefined && isCallable(address)
}

/** Whether an entry of a foreign hand with this address is taken from the cache. */
function taken(entry: TableEntry, key: string): boolean {
  try {
    decodeEntry(key, JSON.stringify(entry))
    return true
  } catch (error) {
    if (error instanceof CacheContentError) return false
    throw error
  }
}

const backend = (address: string, port = 5060) => {
  const uri = { uri: 'sip:x', address, port, uriParameters: '', weight: 1, tier: 0 }
  return taken(ruleEntry({ action: routeAction({ backends: [uri] }) }), 'rule/default/route')
}

const service = (address: string, port = 5060) => {
  const endpoints = [{ address, port, state: 'ready' as const }]
  return taken(
    { kind: 'service', name: 'default/s', namespace: 'default', transport: 'UDP', endpoints },
    'service/default/s',
  )
}

const slice = (address: string, port: number | undefined = 5060) =>
  endpointsOf(
    [
      {
        ...{ namespace: 'default', name: 's-1', service: 's', addressType: 'IPv4' },
        ports: [{ name: undefined, port, protocol: 'UDP' }],
        endpoints: [{ addresses: [address], ready: true, serving: true, terminating: false }],
      },
    ],
    { name: undefined, port: 5060, protocol: 'UDP' },
  ).length === 1

describe('a place that cannot be called', () => {
  it.each(NOWHERE)('%s is no backend: of a rule, of a slice, of the cache', (text) => {
    expect([isCallableText(text), callable(text), slice(text), backend(text), service(text)]).toEqual(
      Array(5).fill(false),
    )
  })

  it.each([0, 65_536])('port %i is none of a backend', (port) => {
    expect([slice('10.0.0.5', port), backend('10.0.0.5', port), service('10.0.0.5', port)]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('is told from others alike, by text and by number', () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...NOWHERE)), (text) => {
        const address = parseIpAddress(text)
        if (address?.family === 4 && text.includes(':')) return
        expect(isCallableText(text)).toBe(address !== undefined && isCallable(address))
      }),
    ))
})

it.each(SOMEWHERE)('%s can be called', (text) => {
  expect([isCallableText(text), callable(text), slice(text), backend(text), service(text)]).toEqual(Array(5).fill(true))
})
