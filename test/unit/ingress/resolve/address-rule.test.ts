import { describe, expect, it } from '@jest/globals'
import { parseIpAddress, parseIpPrefix } from '../../../../ingress/address/ip-address.ts'
import { addressFault } from '../../../../ingress/resolve/address-rule.ts'

const address = (text: string) => {
  const parsed = parseIpAddress(text)
  if (!parsed) throw new TypeError(`${text} is no address`)
  return parsed
}
const own = [address('10.1.2.3'), address('2001:db8::3')]

describe('an address of a name', () => {
  it.each([
    ['10.0.0.5', undefined],
    ['203.0.113.5', undefined],
    ['2001:db8::5', undefined],
    ['fd00::5', undefined],
    ['169.254.1.1', undefined],
    ['::ffff:10.0.0.5', undefined],
    ['0.0.0.0', 'unusable'],
    ['0.1.2.3', 'unusable'],
    ['::', 'unusable'],
    ['::ffff:0.0.0.0', 'unusable'],
    ['224.0.1.75', 'unusable'],
    ['239.255.255.255', 'unusable'],
    ['ff02::1', 'unusable'],
    ['255.255.255.255', 'unusable'],
    ['::ffff:255.255.255.255', 'unusable'],
    ['fe80::1', 'unusable'],
    ['febf::1', 'unusable'],
    ['::10.0.0.5', 'unusable'],
    ['::127.0.0.1', 'unusable'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['10.1.2.3', 'own'],
    ['::ffff:10.1.2.3', 'own'],
    ['2001:db8:0::3', 'own'],
  ])('%s: %s', (text, fault) => {
    expect(addressFault(address(text), { own, allowed: [] })).toBe(fault)
  })

  it.each([
    ['127.0.0.2', undefined],
    ['127.1.0.2', 'loopback'],
    ['10.1.2.3', undefined],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unusable'],
    ['255.255.255.255', 'unusable'],
  ])('%s where 127.0.0.0/16 and 0.0.0.0/0 but loopback are allowed: %s', (text, fault) => {
    const allowed = ['127.0.0.0/16', '10.0.0.0/8', '0.0.0.0/32'].flatMap((network) => parseIpPrefix(network) ?? [])
    expect(addressFault(address(text), { own, allowed })).toBe(fault)
  })
})
