import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, LARGEST_PACKET_BYTES, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { requestText } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { openDatagramPeer, openStreamPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.1'
/** Stands for the address of the node, which a Service puts in the place of every caller's. */
const NODE = '127.0.0.9'
/** Of the network of the nodes. */
const OTHER_NODE = '127.0.7.3'
const STRANGER = '127.0.0.2'

const DROPPED = 'sip_dispatch_dropped_total'
const REWRITTEN = 'source_rewritten'

describeWith(['tcpdump'], 'a stranger whose source a Service has rewritten', () => {
  let ingress: StandaloneProcess
  let capture: PacketCapture

  beforeAll(async () => {
    ingress = await startStandalone({
      manifests: [sipTrunk('carrier', { sources: [PEER] })],
      flags: ['--own-address', NODE, '--own-address', '127.0.7.0/24'],
    })
    capture = capturePackets([ingress.udp, ingress.tcp], LARGEST_PACKET_BYTES)
    await capture.ready
  })

  afterAll(async () => {
    await capture.stop()
    await ingress.stop()
  })

  async function sendFrom(address: string, method: string): Promise<void> {
    const peer = await openDatagramPeer(address)
    const via = `SIP/2.0/UDP ${address}:${peer.port};branch=z9hG4bK-${address}-${method}`
    await peer.send(requestText({ method, via, callId: `${address}-${method}` }), ingress.udp)
    peer.close()
  }

  async function bytesTo(address: string): Promise<number> {
    await capture.flush()
    const sent = capture.packets.filter(({ srcAddress }) => srcAddress === address)
    // Were the capture blind, it would not have this either.
    expect(sent.length).toBeGreaterThan(0)
    return capture.packets
      .filter(({ dstAddress }) => dstAddress === address)
      .reduce((sum, { payload }) => sum + payload.length, 0)
  }

  it.each([
    [NODE, 'INVITE'],
    [NODE, 'OPTIONS'],
    [OTHER_NODE, 'INVITE'],
    [OTHER_NODE, 'REGISTER'],
  ])('is counted under its own reason and gets not one byte: %s with %s', async (address, method) => {
    const before = await ingress.count(DROPPED, { reason: REWRITTEN, method })
    const strangers = await ingress.count(DROPPED, { reason: 'stranger', method })
    await sendFrom(address, method)
    await ingress.counted(DROPPED, { reason: REWRITTEN, method }, before + 1)
    expect(await ingress.count(DROPPED, { reason: 'stranger', method })).toBe(strangers)
    expect(await bytesTo(address)).toBe(0)
  })

  it('is told in the log with what to change', async () => {
    await sendFrom(NODE, 'SUBSCRIBE')
    const line = await ingress.said(({ msg }) => msg === 'source is being rewritten')
    expect(line).toMatchObject({
      level: 'warn',
      source: expect.stringMatching(/^127\.0\.[07]\.[39]:\d+$/),
      advice: expect.stringContaining('externalTrafficPolicy: Local'),
    })
  })

  it('is no other over TCP, where the connection is closed', async () => {
    const before = await ingress.count(DROPPED, { reason: REWRITTEN, method: 'MESSAGE' })
    const peer = await openStreamPeer(NODE, ingress.tcp)
    peer.write(Buffer.from(requestText({ method: 'MESSAGE', via: `SIP/2.0/TCP ${NODE}:5060;branch=z9hG4bK-t` })))
    await peer.finish()
    await ingress.counted(DROPPED, { reason: REWRITTEN, method: 'MESSAGE' }, before + 1)
    expect(await bytesTo(NODE)).toBe(0)
  })

  it('leaves other strangers what they are', async () => {
    const before = await ingress.count(DROPPED, { reason: 'stranger', method: 'NOTIFY' })
    await sendFrom(STRANGER, 'NOTIFY')
    await ingress.counted(DROPPED, { reason: 'stranger', method: 'NOTIFY' }, before + 1)
    expect(await ingress.count(DROPPED, { reason: REWRITTEN, method: 'NOTIFY' })).toBe(0)
  })
})
