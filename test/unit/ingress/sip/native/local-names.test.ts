import { describe, expect, it } from '@jest/globals'
import { type IpAddress, parseIpAddress } from '../../../../../ingress/address/ip-address.ts'
import { createLocalNames, type LocalNamesOptions } from '../../../../../ingress/sip/native/local-names.ts'

function address(text: string): IpAddress {
  const found = parseIpAddress(text)
  if (!found) throw new RangeError(`not an address: ${text}`)
  return found
}

const endpoint = (text: string, port = 5060) => ({ transport: 'UDP' as const, address: address(text), port })

function isOwn(options: Partial<LocalNamesOptions>, place: readonly [string, number]): boolean {
  const names = createLocalNames({
    ...{ endpoints: [], external: undefined, internal: undefined, machineAddress: () => undefined },
    ...options,
  })
  return names.isOwnAddress(address(place[0]), place[1])
}

describe('an address that is our own', () => {
  it.each([
    ['a listening address', { endpoints: [endpoint('192.0.2.1')] }, ['192.0.2.1', 5060]],
    ['the same address as IPv4 in IPv6', { endpoints: [endpoint('192.0.2.1')] }, ['::ffff:192.0.2.1', 5060]],
    ['an IPv6 address in any spelling', { endpoints: [endpoint('2001:db8::1')] }, ['2001:DB8:0:0::1', 5060]],
    [
      'the address under which others reach us',
      { external: { host: '203.0.113.7', port: 5070 } },
      ['203.0.113.7', 5070],
    ],
    [
      'every address of the machine, for a socket without an address of its own',
      { endpoints: [endpoint('0.0.0.0')], machineAddresses: [address('10.0.0.1'), address('10.0.0.2')] },
      ['10.0.0.2', 5060],
    ],
  ] as const)('is %s', (_, options, [text, port]) => {
    const own = 'external' in options ? { ...options, endpoints: [endpoint('192.0.2.1')] } : options
    expect(isOwn(own, [text, port])).toBe(true)
    expect(isOwn(own, [text, port + 1])).toBe(false)
    expect(isOwn(own, ['198.51.100.1', port])).toBe(false)
  })
})
