import { describe, expect, it } from '@jest/globals'
import { type PacketSource, peerAt } from '../../../../../ingress/sip/drachtio/packet-source.ts'

const SOURCE: PacketSource = { address: '198.51.100.7', port: 5060, protocol: 'udp' }

function textOf(change: Partial<Record<keyof PacketSource, unknown>>): string | undefined {
  const peer = peerAt({ ...SOURCE, ...change })
  return peer && `${peer.transport} ${peer.address.text} ${peer.port}`
}

describe('the peer behind a packet', () => {
  it.each<[string, Partial<PacketSource>, string]>([
    ['an IPv4 address', {}, 'UDP 198.51.100.7 5060'],
    ['an IPv6 address', { address: '2001:DB8:0::7' }, 'UDP 2001:db8::7 5060'],
    ['an IPv6 address in brackets', { address: '[2001:db8::7]' }, 'UDP 2001:db8::7 5060'],
    ['an IPv4 address in IPv6 form', { address: '::ffff:198.51.100.7' }, 'UDP 198.51.100.7 5060'],
    ['a port as text', { port: '5062' }, 'UDP 198.51.100.7 5062'],
    ['TCP', { protocol: 'tcp' }, 'TCP 198.51.100.7 5060'],
    ['TLS', { protocol: 'tls' }, 'TCP 198.51.100.7 5060'],
    ['a web socket', { protocol: 'wss' }, 'TCP 198.51.100.7 5060'],
  ])('is read from %s', (_name, change, text) => {
    expect(textOf(change)).toBe(text)
  })
})

describe('a source that cannot be read', () => {
  it.each<[keyof PacketSource, unknown]>([
    ['address', 'carrier.example'],
    ['address', ''],
    ['address', undefined],
    ['address', 42],
    ['port', Number.NaN],
    ['port', 0],
    ['port', 65_536],
    ['port', -1],
    ['port', 50.5],
    ['port', '50x'],
    ['port', ''],
    ['port', undefined],
    ['protocol', 'sctp'],
    ['protocol', 'UDP '],
    ['protocol', undefined],
  ])('for its %s %p is nobody', (part, value) => {
    expect(textOf({ [part]: value })).toBeUndefined()
  })
})
