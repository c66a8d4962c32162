import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { malformedPackets } from '../support/malformed-packet.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, LARGEST_PACKET_BYTES, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { headerOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer, openStreamPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.1'
/** No trunk admits it. */
const STRANGER = '127.0.0.2'
/** Its trunk admits it over TCP only. */
const TCP_CARRIER = '127.0.0.4'
const NUMBER = '+15551234567'

const METHODS = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'SUBSCRIBE', 'NOTIFY'],
  ...['MESSAGE', 'INFO', 'UPDATE', 'PRACK', 'PUBLISH', 'REFER', 'FOO'],
] as const

const DROPPED = 'sip_dispatch_dropped_total'
const STRANGERS_INVITES = { outcome: 'auth_drop', trunk: '', status: 'none' }

describeWith(['tcpdump'], 'a stranger gets not one byte', () => {
  let ingress: StandaloneProcess
  let capture: PacketCapture
  let peer: DatagramPeer
  let backend: DatagramPeer
  let markers = 0

  beforeAll(async () => {
    peer = await openDatagramPeer(PEER)
    backend = await openDatagramPeer(PEER)
    ingress = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: [PEER] }),
        sipTrunk('tcp-only', { sources: [TCP_CARRIER], transports: ['TCP'] }),
        dispatchRule('route', NUMBER, routeTo([`sip:127.0.0.1:${backend.port}`])),
      ],
    })
    capture = capturePackets([ingress.udp, ingress.tcp], LARGEST_PACKET_BYTES)
    await capture.ready
  })

  afterAll(async () => {
    peer.close()
    backend.close()
    await capture.stop()
    await ingress.stop()
  })

  /** Resolves with its branch when a peer's OPTIONS is answered: whatever came over UDP before it has been dealt with. */
  async function marker(): Promise<string> {
    const branch = `z9hG4bK-marker-${++markers}-`
    await peer.send(fromTo(peer, { method: 'OPTIONS', branch }), ingress.udp)
    await peer.answer((text) => statusOf(text) === 200 && text.includes(branch))
    return branch
  }

  /** What an address that is not the peer's sent by UDP and got at all. */
  async function exchanged(address = STRANGER): Promise<{ readonly sent: number; readonly got: string[] }> {
    const branch = await marker()
    await capture.flush()
    const withBytes = capture.packets.filter(({ payload }) => payload.length > 0)
    // Were the capture blind to what the ingress sends, it would not have this either.
    expect(withBytes.filter(({ payload }) => payload.includes(branch)).map(({ srcPort }) => srcPort)).toEqual([
      peer.port,
      ingress.udp,
    ])
    const got = withBytes.filter(({ dstAddress }) => dstAddress === address)
    return {
      sent: capture.packets.filter(({ srcAddress, proto }) => srcAddress === address && proto === 'udp').length,
      got: got.map(({ payload }) => payload.toString('latin1')),
    }
  }

  it.each(METHODS)('for a %s over UDP, new or in a dialog, with and without a forged route', async (method) => {
    const stranger = await openDatagramPeer(STRANGER)
    const series = { reason: 'stranger', method: method === 'FOO' ? 'other' : method }
    const before = await ingress.count(DROPPED, series)
    const requests = requestsOf(stranger, method)
    for (const request of requests) await stranger.send(request, ingress.udp)
    expect((await exchanged()).got).toEqual([])
    stranger.close()
    expect((await ingress.count(DROPPED, series)) - before).toBe(requests.length)
  })

  it('for the repeats of an INVITE, which count as one call', async () => {
    const stranger = await openDatagramPeer(STRANGER)
    const before = await ingress.count('sip_dispatch_invites_total', STRANGERS_INVITES)
    const invite = fromTo(stranger, { branch: 'z9hG4bK-repeated' })
    for (let repeat = 0; repeat < 7; repeat++) await stranger.send(invite, ingress.udp)
    expect((await exchanged()).got).toEqual([])
    stranger.close()
    expect((await ingress.count('sip_dispatch_invites_total', STRANGERS_INVITES)) - before).toBe(1)
  })

  it('for what is no message at all over UDP', async () => {
    const stranger = await openDatagramPeer(STRANGER)
    const { sent: before } = await exchanged()
    const packets = [...malformedPackets(), ...keepAlives()]
    for (const { bytes } of packets) {
      await stranger.send(bytes, ingress.udp)
      await marker()
    }
    const { sent, got } = await exchanged()
    stranger.close()
    expect(got).toEqual([])
    expect(sent - before).toBe(packets.length)
  })

  it('for responses, also those that name a transaction that may be open', async () => {
    const stranger = await openDatagramPeer(STRANGER)
    const via = `SIP/2.0/UDP 127.0.0.1:${ingress.udp};branch=z9hG4bKsd.aaaaaaaaaa.bbbbbbbb, SIP/2.0/UDP 127.0.0.9`
    const before = await ingress.count(DROPPED, { reason: 'no_transaction', method: 'response' })
    for (const status of [100, 180, 200, 302, 407, 486, 503, 603]) {
      await stranger.send(responseText(requestText({ via }), status), ingress.udp)
    }
    expect((await exchanged()).got).toEqual([])
    stranger.close()
    expect((await ingress.count(DROPPED, { reason: 'no_transaction', method: 'response' })) - before).toBe(8)
  })

  it('over TCP, whatever it sends, and its connection is closed', async () => {
    const packets = [...malformedPackets(), ...keepAlives(), ...METHODS.map(namedRequest)]
    for (const { bytes } of packets) {
      const stranger = await openStreamPeer(STRANGER, ingress.tcp)
      stranger.write(bytes)
      await stranger.finish()
    }
    expect((await exchanged()).got).toEqual([])
    const segments = capture.packets.filter(({ proto, srcAddress }) => proto === 'tcp' && srcAddress === STRANGER)
    expect(segments.length).toBeGreaterThan(packets.length)
  })

  it('over a TCP connection that carries every method one after the other', async () => {
    const before = await ingress.count(DROPPED, { reason: 'stranger', method: 'SUBSCRIBE' })
    const stranger = await openStreamPeer(STRANGER, ingress.tcp)
    stranger.write(Buffer.concat(METHODS.map((method) => namedRequest(method).bytes)))
    await stranger.finish()
    expect((await exchanged()).got).toEqual([])
    expect((await ingress.count(DROPPED, { reason: 'stranger', method: 'SUBSCRIBE' })) - before).toBe(1)
  })

  it('over a transport that its trunk does not admit, and the near miss names the trunk', async () => {
    const carrier = await openDatagramPeer(TCP_CARRIER)
    await carrier.send(fromTo(carrier, { branch: 'z9hG4bK-wrong-transport' }), ingress.udp)
    await carrier.send(fromTo(carrier, { method: 'OPTIONS', branch: 'z9hG4bK-wrong-ping' }), ingress.udp)
    expect((await exchanged(TCP_CARRIER)).got).toEqual([])
    carrier.close()
    const nearMiss = { trunk: 'default/tcp-only', reason: 'transport' }
    expect(await ingress.count('sip_dispatch_near_misses_total', { ...nearMiss, method: 'INVITE' })).toBe(1)
    expect(await ingress.count('sip_dispatch_near_misses_total', { ...nearMiss, method: 'OPTIONS' })).toBe(1)
  })

  it("when it cancels, acknowledges or repeats a peer's call, which goes on", async () => {
    const invite = fromTo(peer, { branch: 'z9hG4bK-robbed', callId: 'robbed' })
    await peer.send(invite, ingress.udp)
    const forwarded = await backend.answer((text) => text.startsWith('INVITE ') && text.includes('robbed'))
    await backend.send(responseText(forwarded, 180), ingress.udp)
    await peer.answer((text) => statusOf(text) === 180 && text.includes('robbed'))
    const stranger = await openDatagramPeer(STRANGER)
    for (const method of ['INVITE', 'CANCEL', 'ACK', 'BYE']) {
      const via = headerOf(invite, 'Via')[0] ?? ''
      await stranger.send(fromTo(peer, { method, via, callId: 'robbed' }), ingress.udp)
    }
    expect((await exchanged()).got).toEqual([])
    stranger.close()
    await backend.send(responseText(forwarded, 486), ingress.udp)
    await peer.answer((text) => statusOf(text) === 486 && text.includes('robbed'))
    const statuses = peer.received.filter((text) => text.includes('robbed')).map(statusOf)
    expect(statuses).toEqual([100, 180, 486])
    expect(backend.received.filter((text) => text.startsWith('CANCEL') && text.includes('robbed'))).toEqual([])
  })

  /** New; inside a dialog; with a route that looks like ours; with one hop left; with what no proxy understands. */
  function requestsOf(from: DatagramPeer, method: string): string[] {
    const inDialog = `<sip:${NUMBER}@127.0.0.1>;tag=backend`
    const forged = `Route: <sip:127.0.0.1:${ingress.udp};lr;sdc=AQAEAXoSfwAAAWRlZmF1bHQvcm91dGUAAAAAAAAAAAAAAAA>`
    const changes = [
      {},
      { to: inDialog },
      { to: inDialog, extra: [forged] },
      { maxForwards: 0 },
      { extra: ['Proxy-Require: privacy'] },
    ]
    return changes.map((change, index) => fromTo(from, { method, branch: `z9hG4bK-${method}-${index}`, ...change }))
  }
})

function fromTo(from: DatagramPeer, change: Parameters<typeof requestText>[0]): string {
  const via = `SIP/2.0/UDP ${from.address}:${from.port};branch=${change?.branch ?? 'z9hG4bK-stranger'}`
  return requestText({ via, uri: `sip:${NUMBER}@127.0.0.1`, ...change })
}

function namedRequest(method: string): { readonly name: string; readonly bytes: Buffer } {
  const via = `SIP/2.0/TCP 127.0.0.2:5060;branch=z9hG4bK-${method}`
  return { name: method, bytes: Buffer.from(requestText({ method, via }), 'latin1') }
}

/** RFC 5626 §3.5.1 and §4.4.1. */
function keepAlives(): { readonly name: string; readonly bytes: Buffer }[] {
  return ['\r\n\r\n', '\r\n', '\r\n\r\n\r\n\r\n'].map((text) => ({ name: 'a ping', bytes: Buffer.from(text) }))
}
