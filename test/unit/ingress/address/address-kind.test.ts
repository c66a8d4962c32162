import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isLoopback, isPrivate, isUnicast } from '../../../../ingress/address/address-kind.ts'
import {
  type IpAddress,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
} from '../../../../ingress/address/ip-address.ts'

const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  '::1/128',
]
const NOT_UNICAST = ['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32', 'ff00::/8', 'fe80::/10', '::/96']

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text)
  if (!parsed) throw new Error(text)
  return parsed
}

function inside(networks: readonly string[], one: IpAddress): boolean {
  return networks.some((network) => {
    const prefix = parseIpPrefix(network)
    return prefix !== undefined && prefixContains(prefix, one)
  })
}

/** Addresses at and beside the edges of the networks, and any. */
const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6(), edges()).map(address)

function edges(): fc.Arbitrary<string> {
  const firsts = [...PRIVATE, ...NOT_UNICAST].map((network) => network.split('/')[0] ?? '')
  const others = ['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.31.255.255', '172.32.0.0', '192.167.255.255']
  const more = ['192.169.0.0', '100.63.255.255', '100.127.255.255', '100.128.0.0', '169.253.255.255', '169.255.0.0']
  const last = ['240.0.0.1', '255.255.255.254', '223.255.255.255', '1.0.0.0', 'fbff::1', 'fe00::1', '::2', '::a00:1']
  return fc.constantFrom(...firsts, ...others, ...more, ...last)
}

describe('the kind of an address', () => {
  it('is private in the networks that mean nothing elsewhere, and in no other', () => {
    fc.assert(
      fc.property(anyAddress, (one) => isPrivate(one) === inside(PRIVATE, one)),
      { numRuns: 2000 },
    )
  })

  it('is unicast everywhere but where nobody, or more than one, would get the packet', () => {
    const loopback = address('::1')
    fc.assert(
      fc.property(anyAddress, (one) => {
        return isUnicast(one) === (one.text === loopback.text || !inside(NOT_UNICAST, one))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::2', false],
  ])('of %s is loopback: %s', (text, expected) => {
    expect(isLoopback(address(text))).toBe(expected)
  })
})
