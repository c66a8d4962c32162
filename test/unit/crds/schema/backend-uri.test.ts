import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type BackendUri, backendUri, parseBackendUri } from '../../../../crds/schema/backend-uri.ts'

/** A name of 253 characters, whose labels have 63 at most. */
const LONGEST = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`

const faults = (uri: string) => backendUri.safeParse(uri).error?.issues.map((issue) => issue.message) ?? []

describe('the URI of a backend', () => {
  it.each<[string, BackendUri]>([
    ['sip:10.0.0.5', { address: '10.0.0.5', port: 5060, transport: undefined, parameters: '' }],
    ['sip:10.0.0.5:5062', { address: '10.0.0.5', port: 5062, transport: undefined, parameters: '' }],
    ['SIP:10.0.0.5;transport=TCP', { address: '10.0.0.5', port: 5060, transport: 'TCP', parameters: '' }],
    ['sip:[2001:db8::5]', { address: '2001:db8::5', port: 5060, transport: undefined, parameters: '' }],
    [
      'sip:[::1]:65535;lr;transport=udp;x=%41',
      { address: '::1', port: 65535, transport: 'UDP', parameters: ';lr;x=%41' },
    ],
    ['sip:pbx.example.net', { name: 'pbx.example.net', port: undefined, transport: undefined, parameters: '' }],
    ['sip:PBX.Example.NET.', { name: 'pbx.example.net.', port: undefined, transport: undefined, parameters: '' }],
    ['sip:livekit-sip:5060', { name: 'livekit-sip', port: 5060, transport: undefined, parameters: '' }],
    ['sip:1.pbx4;transport=tcp;x', { name: '1.pbx4', port: undefined, transport: 'TCP', parameters: ';x' }],
    [
      'sip:xn--bcher-kva.example',
      { name: 'xn--bcher-kva.example', port: undefined, transport: undefined, parameters: '' },
    ],
    [`sip:${LONGEST}.`, { name: `${LONGEST}.`, port: undefined, transport: undefined, parameters: '' }],
  ])('%s is read', (uri, parts) => {
    expect(parseBackendUri(uri)).toEqual(parts)
    expect(faults(uri)).toEqual([])
  })

  it.each([
    ['sips:10.0.0.5', 'only UDP and TCP towards backends are supported by this version'],
    ['sip:10.0.0.5;transport=tls', 'only UDP and TCP towards backends are supported by this version'],
    ['sip:10.0.0.5;transport=WS', 'only UDP and TCP towards backends are supported by this version'],
    ['sips:pbx.example.net', 'only UDP and TCP towards backends are supported by this version'],
    ['sip:pbx.example.net;transport=tls', 'only UDP and TCP towards backends are supported by this version'],
    ['sip:user@pbx.example.net', 'a backend has no user and no headers'],
    ['sip:pbx.example.net:0', 'a port is a number from 1 to 65535'],
    ['sip:pbx.example.net:65536;transport=tcp', 'a port is a number from 1 to 65535'],
    ['sip:pbx.example.net;maddr=10.0.0.6', 'maddr, ttl and method would send the request elsewhere'],
    ['sip:_sip._udp.example.net', 'a host name has no _ (RFC 3261 §25.1)'],
    ['sip:my_pbx', 'a host name has no _ (RFC 3261 §25.1)'],
    ['sip:bücher.example', 'write an international name in the form that begins with xn--'],
    ['sip:電話.example:5060', 'write an international name in the form that begins with xn--'],
    [`sip:a${LONGEST}`, 'a host name has at most 253 characters'],
    [`sip:${'a'.repeat(300)}`, 'a host name has at most 253 characters'],
    [`sip:${'a'.repeat(64)}.example:5060`, 'between two dots at most 63'],
    ['sip:-pbx.example', 'write sip: and an IP address or a host name'],
    ['sip:pbx-.example', 'write sip: and an IP address or a host name'],
    ['sip:pbx..example', 'write sip: and an IP address or a host name'],
    ['sip:.example', 'write sip: and an IP address or a host name'],
    ['sip:pbx.example..', 'write sip: and an IP address or a host name'],
    ['sip:pbx.1example', 'write sip: and an IP address or a host name'],
    ['sip:10.0.0.5.6', 'write sip: and an IP address or a host name'],
    ['sip:pbx.example/x', 'write sip: and an IP address or a host name'],
    ['10.0.0.5', 'write sip: and an IP address'],
    ['sip:', 'write sip: and an IP address'],
    ['sip:10.0.0.256', 'write sip: and an IP address'],
    ['sip:[10.0.0.5]', 'write sip: and an IP address'],
    ['sip:2001:db8::5', 'write sip: and an IP address'],
    ['sip:[fe80::1%25eth0]', 'write sip: and an IP address'],
    ['sip:10.0.0.5:0', 'a port is a number from 1 to 65535'],
    ['sip:[2001:db8::5]:00000;x=1', 'a port is a number from 1 to 65535'],
    ['sip:10.0.0.5:65536', 'a port is a number from 1 to 65535'],
    ['SIP:10.0.0.5:70000', 'a port is a number from 1 to 65535'],
    ['sip:10.0.0.5:99999;transport=tcp', 'a port is a number from 1 to 65535'],
    ['sip:10.0.0.5;x=1;X=2', 'write sip: and an IP address'],
    ['sip:10.0.0.5;transport', 'write sip: and an IP address'],
    ['sip:10.0.0.5;', 'write sip: and an IP address'],
    ['sip:10.0.0.5;x=<', 'write sip: and an IP address'],
    ['sip:10.0.0.5;x=1\r\nVia: y', 'write sip: and an IP address'],
    ['sip:10.0.0.5 ', 'write sip: and an IP address'],
    ['sip:user@10.0.0.5', 'a backend has no user and no headers'],
    ['sip:10.0.0.5?Subject=x', 'a backend has no user and no headers'],
    ['sip:0.0.0.0:5060', 'the unspecified address cannot be called'],
    ['sip:[::]', 'the unspecified address cannot be called'],
    ['SIP:0.0.0.0', 'the unspecified address cannot be called'],
    ['sip:0.1.2.3', 'the unspecified address cannot be called'],
    ['sip:[0:0:0:0:0:0:0:0]:5060', 'the unspecified address cannot be called'],
    ['sip:[0000::0]', 'the unspecified address cannot be called'],
    ['sip:[::0.0.0.0];x', 'the unspecified address cannot be called'],
    ['sip:255.255.255.255', 'a multicast or broadcast address is not one backend'],
    ['Sip:255.255.255.255:5060', 'a multicast or broadcast address is not one backend'],
    ['sip:224.0.1.75', 'a multicast or broadcast address is not one backend'],
    ['sip:239.255.255.250:5060;transport=udp', 'a multicast or broadcast address is not one backend'],
    ['sip:[ff02::1]:5060', 'a multicast or broadcast address is not one backend'],
    ['SIP:[FF0E:0::101]', 'a multicast or broadcast address is not one backend'],
    ['sip:[::ffff:224.0.1.75]', 'write sip: and an IP address'],
    ['sip:10.0.0.5;maddr=10.0.0.6', 'maddr, ttl and method would send the request elsewhere'],
  ])('%j is refused with what to do instead', (uri, message) => {
    expect(faults(uri)).toEqual([expect.stringContaining(message)])
  })

  it('is accepted only where it can be read', () => {
    const part = fc.constantFrom(
      'sip:',
      'sips:',
      '10.0.0.5',
      '[::1]',
      ':5060',
      ';transport=tcp',
      ';x=1',
      '@',
      '?',
      'a',
      '.',
      '_',
      '-',
      'ü',
      ';',
      ']',
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const uri = parts.join('')
        if (faults(uri).length === 0) expect(parseBackendUri(uri)).toBeDefined()
        else expect(faults(uri).every((message) => message.length > 20)).toBe(true)
      }),
    )
  })
})
