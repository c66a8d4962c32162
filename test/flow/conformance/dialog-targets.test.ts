/** Where requests inside a dialog go where the target that a side has named cannot be called, or is behind a NAT. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '../../../ingress/address/ip-address.ts'
import type { TrunkEntry } from '../../../ingress/route-table/route-table.ts'
import { backendSide } from '../../support/answered-call.ts'
import {
  B1,
  type HarnessOptions,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { type DialogScript, routeLines, scriptDialog, went } from '../../support/scripted-dialog.ts'
import { requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** Parse as addresses, but no request to them can arrive. */
const UNCALLABLE = [
  'sip:x@0.0.0.0',
  'sip:x@0.1.2.3:5080',
  'sip:x@[::]:5080',
  'sip:x@[::ffff:0.0.0.0]:5080',
  'sip:x@255.255.255.255',
  'sip:x@224.0.1.75',
  'sip:x@239.1.1.1:5080',
  'sip:x@[ff02::1]:5080',
  'sip:x@[fe80::1]:5080',
  'sip:x@[fe80::1%25eth0]:5080',
  'sip:x@[::10.0.0.1]:5080',
  'sip:x@10.0.0.1:0',
  'sip:x@198.51.100.7:0',
  'sip:x@127.0.0.1:5080',
  'sip:x@[::1]:5080',
  'sip:x@[::ffff:127.0.0.1]:5080',
  'sip:x@192.0.2.1',
  'sip:x@192.0.2.1:5060;transport=tcp',
  'sip:x@[::ffff:192.0.2.1]:5060',
  'sip:x@[2001:db8::5]:5080',
  'sip:x@10.0.0.1;maddr=239.1.1.1',
  'sip:x@10.0.0.1:5080;transport=tls',
  'sip:x@10.0.0.1:5080;transport=sctp',
  'sips:x@10.0.0.1:5080',
  'sip:x@pbx.example',
]
const METHODS = ['ACK', 'INFO', 'INVITE']

/** Where the requests of a side arrived, one for each method. */
function arrivals(send: (change: { method: string }) => ReturnType<ReturnType<typeof scriptDialog>['fromCaller']>) {
  return METHODS.map((method) => went(send({ method })).filter((text) => !text.endsWith(' 100')))
}

const at = (address: string): string[][] => METHODS.map((method) => [`${address} ${method}`])

function withTrunk(change: Partial<TrunkEntry>): HarnessOptions {
  const action = routeAction({ contactNetworks: ['0.0.0.0/0', '::/0'] })
  return { entries: [trunkEntry(change), ruleEntry({ action })] }
}

describe('a target that cannot be called', () => {
  it.each(UNCALLABLE)('D-03: of the backend, %s, gives way to where the INVITE went', async (target) => {
    const dialog = scriptDialog(await startHarness(withTrunk({})), { contact: `<${target}>` })
    expect(arrivals(dialog.fromCaller)).toEqual(at(B1))
  })

  it.each(UNCALLABLE)('D-03: of the caller, %s, gives way to where the INVITE came from', async (target) => {
    const dialog = scriptDialog(await startHarness(), { invite: { contact: `<${target}>` } })
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: target }))).toEqual(at(PEER))
  })

  it.each(UNCALLABLE)('D-03: that a side has moved to, %s, gives way to the one that is signed', async (target) => {
    const dialog = scriptDialog(await startHarness(withTrunk({})))
    expect(arrivals((change) => dialog.fromCaller({ ...change, uri: target }))).toEqual(at(B1))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: target }))).toEqual(at(PEER))
  })

  it.each(UNCALLABLE)('D-03: in a Record-Route of either side, %s, is not called either', async (target) => {
    const value = `<${target.replace('x@', '')};lr>`
    const dialog = scriptDialog(await startHarness(withTrunk({})), {
      invite: { extra: [`Record-Route: ${value}`] },
      rewrite: (text) => text.replace('Record-Route:', `Record-Route: ${value}\r\nRecord-Route:`),
    })
    const callers = [...dialog.callerRoutes.slice(1), value]
    expect(arrivals((change) => dialog.fromCaller({ ...change, extra: routeLines(callers) }))).toEqual(at(B1))
    expect(arrivals(dialog.fromBackend)).toEqual(at(PEER))
  })

  it('D-03: is the transport that nobody here listens on', async () => {
    const address = parseIpAddress('192.0.2.1')
    if (!address) throw new Error('unreachable')
    const engine = { listen: [{ transport: 'UDP' as const, address, port: 5060 }] }
    const dialog = scriptDialog(await startHarness({ ...withTrunk({}), engine }), {
      contact: '<sip:agent@10.0.0.1:5090;transport=tcp>',
    })
    expect(arrivals(dialog.fromCaller)).toEqual(at(B1))
  })

  it('D-03: is no loopback address where the other side is on this machine', async () => {
    const from = '127.0.0.3:5070'
    const dialog = scriptDialog(await startHarness(withTrunk({ sources: ['127.0.0.0/8'], nat: 'Contact' })), {
      from,
      invite: { contact: '<sip:a@127.0.0.4:5090>' },
    })
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@127.0.0.4:5090' }))).toEqual(
      at('127.0.0.4:5090'),
    )
  })

  it('D-03: is no IPv4 address in the form of IPv6, which is called as what it is', async () => {
    const dialog = scriptDialog(await startHarness(withTrunk({})), { contact: '<sip:a@[::ffff:10.44.0.1]:6000>' })
    expect(arrivals(dialog.fromCaller)).toEqual(at('10.44.0.1:6000'))
  })

  it('D-03: is no address of class E, which networks of pods use', async () => {
    const dialog = scriptDialog(await startHarness(withTrunk({})), { contact: '<sip:a@240.10.0.1:5080>' })
    expect(arrivals(dialog.fromCaller)).toEqual(at('240.10.0.1:5080'))
  })

  it('D-03: whatever is written as a Contact, every request of the other side arrives somewhere', async () => {
    const harness = await startHarness(withTrunk({}))
    let calls = 0
    const octet = fc.oneof(fc.constantFrom(0, 1, 127, 224, 255), fc.nat(255))
    const host = fc.oneof(
      fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.')),
      fc.ipV6().map((text) => `[${text}]`),
      fc.domain(),
    )
    const port = fc.oneof(
      fc.constantFrom('', ':0', ':5060'),
      fc.nat(65_535).map((number) => `:${number}`),
    )
    const tail = fc.constantFrom('', ';transport=udp', ';transport=tcp', ';transport=tls', ';maddr=0.0.0.0', ';maddr=')
    fc.assert(
      fc.property(host, port, tail, (name, number, rest) => {
        const target = `sip:x@${name}${number}${rest}`
        const callId = `call-${++calls}`
        const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-${callId}`
        harness.network.sent.length = 0
        const dialog = scriptDialog(harness, {
          contact: `<${target}>`,
          invite: { callId, via, contact: `<${target}>` },
        })
        for (const [packets, signed] of [
          [dialog.fromCaller({ callId }), B1],
          [dialog.fromBackend({ callId, uri: target }), PEER],
        ] as const) {
          expect(packets.map(({ text }) => text.split(' ', 2)[0])).toEqual(['INFO'])
          const to = packets[0]?.to ?? ''
          const arrived = to === signed || to === `${name}${number || ':5060'}` || parseIpAddress(name) !== undefined
          expect(arrived && !/^(0\.|22[4-9]|23\d|255\.255\.255\.255|127\.)|:0$|^192\.0\.2\.1:5060$/.test(to)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** Addresses that mean nothing to us, and the source of the packets that name them. */
const PRIVATE = [
  'sip:a@10.1.2.3:5060',
  'sip:a@172.16.0.1',
  'sip:a@172.31.255.254:5070',
  'sip:192.168.178.20:5060;transport=udp',
  'sip:a@100.64.0.1:5060',
  'sip:a@100.127.255.254;ob',
  'sip:a@169.254.7.7:5060',
  'sip:a@10.1.2.3:5060;transport=tcp',
]
const PUBLIC = [
  '198.51.100.8:5060',
  '172.32.0.1:5060',
  '172.15.9.9:5060',
  '100.128.0.1:5060',
  '192.169.0.1:5060',
  '11.0.0.1:5090',
]

function behindNat(contact: string, script: DialogScript = {}): DialogScript {
  return { ...script, invite: { contact: `<${contact}>`, ...script.invite } }
}

describe('a caller with a private Contact', () => {
  it.each(PRIVATE)('D-03: %s is behind a NAT: the backend reaches it where its packets come from', async (contact) => {
    const dialog = scriptDialog(await startHarness(), behindNat(contact))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: contact }))).toEqual(at(PEER))
    expect(dialog.fromBackend({ uri: contact })[0]?.text.split('\r\n')[0]).toBe(`INFO ${contact} SIP/2.0`)
  })

  it('D-03: over TCP is reached by the connection that it has made', async () => {
    const harness = await startHarness()
    const { network, sentTo, packetsTo } = harness
    network.connected.add(PEER)
    const contact = '<sip:a@10.1.2.3:5060;transport=tcp>'
    network.deliver(PEER, requestText({ contact, via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-tcp` }), 'TCP')
    const invite = sentTo(B1)[0] ?? ''
    network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    const side = backendSide({ invite, ok: sentTo(PEER).at(-1) ?? '' })
    network.deliver(B1, requestText({ ...side, method: 'BYE', uri: 'sip:a@10.1.2.3:5060;transport=tcp' }))
    expect([went(packetsTo(PEER)).at(-1), packetsTo(PEER).at(-1)?.transport]).toEqual([`${PEER} BYE`, 'TCP'])
  })

  it('D-03: that it moves to inside the call is behind the same NAT', async () => {
    const dialog = scriptDialog(await startHarness(), behindNat('sip:a@10.1.2.3'))
    const moved = 'sip:a@10.1.2.99:5099'
    const [packet] = dialog.fromCaller({ method: 'INVITE', contact: `<${moved}>` }).slice(-1)
    dialog.harness.network.deliver(B1, responseText(packet?.text ?? '', 200))
    expect(dialog.harness.sentTo(PEER).map(statusOf).at(-1)).toBe(200)
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: moved }))).toEqual(at(PEER))
  })

  it('D-03: that it moves to from a public one is behind a NAT as well, and a public one is followed', async () => {
    const dialog = scriptDialog(await startHarness())
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@192.168.1.2' }))).toEqual(at(PEER))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@203.0.113.50:5062' }))).toEqual(
      at('203.0.113.50:5062'),
    )
  })

  it.each(PUBLIC)('D-03: is none with %s, which is called', async (place) => {
    const dialog = scriptDialog(await startHarness(), behindNat(`sip:a@${place}`))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: `sip:a@${place}` }))).toEqual(at(place))
  })

  it('D-03: on our own network is called at its Contact: address and port, whichever port it sends from', async () => {
    const from = '10.42.0.9:40000'
    const options = withTrunk({ sources: ['10.42.0.0/16'] })
    const dialog = scriptDialog(await startHarness(options), behindNat('sip:a@10.42.0.9:5060', { from }))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@10.42.0.9:5060' }))).toEqual(
      at('10.42.0.9:5060'),
    )
  })

  it('D-03: is called there where a proxy between has record-routed: it knows the way', async () => {
    const extra = ['Record-Route: <sip:198.51.100.40;lr>']
    const dialog = scriptDialog(await startHarness(), behindNat('sip:a@10.1.2.3', { invite: { extra } }))
    const [packet] = dialog.fromBackend({ uri: 'sip:a@10.1.2.3' })
    expect(went(packet ? [packet] : [])).toEqual(['198.51.100.40:5060 INFO'])
    expect(
      arrivals((change) =>
        dialog.fromBackend({ ...change, uri: 'sip:a@10.1.2.3', extra: routeLines(dialog.backendRoutes.slice(0, 1)) }),
      ),
    ).toEqual(at('10.1.2.3:5060'))
  })

  it('D-03: is called there where a trusted proxy has brought the call', async () => {
    const proxy = '198.51.100.7'
    const options = withTrunk({ sources: ['203.0.113.0/24'], trustedProxies: [`${proxy}/32`] })
    const dialog = scriptDialog(
      await startHarness(options),
      behindNat('sip:a@10.1.2.3', { invite: { extra: ['Via: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK-below'] } }),
    )
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@10.1.2.3' }))).toEqual(at('10.1.2.3:5060'))
  })

  it('D-03: is called there on a trunk that says nat: Contact', async () => {
    const dialog = scriptDialog(await startHarness(withTrunk({ nat: 'Contact' })), behindNat('sip:a@10.1.2.3'))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@10.1.2.3' }))).toEqual(at('10.1.2.3:5060'))
  })

  it('D-03: and one with a public Contact are called at their source on a trunk that says nat: Source', async () => {
    for (const contact of ['sip:a@10.1.2.3', 'sip:a@203.0.113.50', 'sip:a@198.51.100.7:5099']) {
      const dialog = scriptDialog(await startHarness(withTrunk({ nat: 'Source' })), behindNat(contact))
      expect(arrivals((change) => dialog.fromBackend({ ...change, uri: contact }))).toEqual(at(PEER))
    }
  })

  it('D-03: over IPv6 is one with a unique local address', async () => {
    const address = parseIpAddress('2001:db8::1')
    if (!address) throw new Error('unreachable')
    const v4 = parseIpAddress('192.0.2.1')
    if (!v4) throw new Error('unreachable')
    const listen = [address, v4].map((one) => ({ transport: 'UDP' as const, address: one, port: 5060 }))
    const from = '[2001:db8:7::9]:5060'
    const harness = await startHarness({ ...withTrunk({ sources: ['2001:db8:7::/48'] }), engine: { listen } })
    const dialog = scriptDialog(harness, behindNat('sip:a@[fd00::9]:5060', { from }))
    expect(arrivals((change) => dialog.fromBackend({ ...change, uri: 'sip:a@[fd00::9]:5060' }))).toEqual(at(from))
  })

  it('D-03: does not keep a backend from a private Contact of its own', async () => {
    const dialog = scriptDialog(await startHarness(), { contact: '<sip:agent@10.44.0.1:6000>' })
    expect(arrivals(dialog.fromCaller)).toEqual(at('10.44.0.1:6000'))
  })
})
