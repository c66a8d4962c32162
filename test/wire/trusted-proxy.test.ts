import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, requestText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const PROXY = '127.0.0.3'
const SECOND_PROXY = '127.0.0.6'
const CARRIER = '198.51.100.7'
const STRANGER = '203.0.113.9'
const NUMBER = '+15550000401'

const INVITES = 'sip_dispatch_invites_total'
const ADMITTED = { outcome: 'rejected', trunk: 'default/behind-the-edge', status: '404' }
const NAMED_STRANGER = { outcome: 'rejected', trunk: '', status: '403' }
const DROPPED = { outcome: 'auth_drop', trunk: '', status: 'none' }

describe('a proxy that a trunk trusts', () => {
  let ingress: StandaloneProcess
  const peers: DatagramPeer[] = []
  let branches = 0

  beforeAll(async () => {
    ingress = await startStandalone({
      manifests: [
        sipTrunk('behind-the-edge', { sources: ['198.51.100.0/24'], trustedProxies: [PROXY, SECOND_PROXY] }),
        dispatchRule('reject', NUMBER, { type: 'Reject', reject: { status: 404 } }),
      ],
    })
  })

  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close()
  })

  afterAll(async () => {
    await ingress.stop()
  })

  async function peerAt(address: string): Promise<DatagramPeer> {
    const peer = await openDatagramPeer(address)
    peers.push(peer)
    return peer
  }

  /** A request whose top Via is the sender's, with these Via values below it. */
  async function send(from: DatagramPeer, below: readonly string[], method = 'INVITE'): Promise<string> {
    const branch = `z9hG4bK-proxy-${++branches}-`
    const via = [`SIP/2.0/UDP ${from.address}:${from.port};branch=${branch}`, ...below].join(', ')
    const uri = `sip:${NUMBER}@127.0.0.1`
    await from.send(requestText({ method, via, uri, callId: branch }), ingress.udp)
    return branch
  }

  /** The final response to it, and how many more of a series there are by then. */
  async function answerTo(from: DatagramPeer, below: readonly string[]): Promise<string> {
    const branch = await send(from, below)
    return from.answer((text) => statusOf(text) >= 200 && text.includes(branch))
  }

  it.each([
    ['the host of the Via below its own', [`SIP/2.0/UDP ${CARRIER}:5060;branch=z9hG4bK-a`]],
    ['the received address before the host', [`SIP/2.0/UDP ${STRANGER};received=${CARRIER};branch=z9hG4bK-b`]],
    ['the address where the host is a name', [`SIP/2.0/UDP sbc.example;received=${CARRIER};branch=z9hG4bK-c`]],
    [
      'the first that is no trusted proxy',
      [`SIP/2.0/UDP ${SECOND_PROXY};branch=z9hG4bK-d`, `SIP/2.0/UDP ${CARRIER};branch=z9hG4bK-e`],
    ],
  ])('speaks for its carrier: %s is the source', async (_which, below) => {
    const before = await ingress.count(INVITES, ADMITTED)
    const refusal = await answerTo(await peerAt(PROXY), below)
    expect(statusOf(refusal)).toBe(404)
    expect(headerOf(refusal, 'Via')[0]?.split(', ').slice(1)).toEqual(below)
    expect((await ingress.count(INVITES, ADMITTED)) - before).toBe(1)
  })

  it.each([
    ['a stranger', [`SIP/2.0/UDP ${STRANGER}:5060;branch=z9hG4bK-a`]],
    ['a stranger that claims to be the carrier', [`SIP/2.0/UDP ${CARRIER};received=${STRANGER};branch=z9hG4bK-b`]],
    ['a stranger behind whom the carrier stands', [`SIP/2.0/UDP ${STRANGER}`, `SIP/2.0/UDP ${CARRIER}`]],
    ['a name alone', ['SIP/2.0/UDP sbc.example;branch=z9hG4bK-c']],
    ['nobody but itself', []],
  ])('gets 403 when it names %s', async (_whom, below) => {
    const before = await ingress.count(INVITES, NAMED_STRANGER)
    expect(statusOf(await answerTo(await peerAt(PROXY), below))).toBe(403)
    expect((await ingress.count(INVITES, NAMED_STRANGER)) - before).toBe(1)
  })

  it.each([
    ['its carrier last', `SIP/2.0/UDP h;received=${STRANGER};received=${CARRIER};branch=z9hG4bK-a`],
    ['its carrier first', `SIP/2.0/UDP h;received=${CARRIER};Received=${STRANGER};branch=z9hG4bK-b`],
    // A proxy that replaces only one of them and adds its own leaves the caller's word beside it.
    ['its carrier in the middle', `SIP/2.0/UDP h;received=${STRANGER} ; received = ${CARRIER};received=${STRANGER}`],
  ])('gets 400 for a Via with more than one received, which names nobody: %s', async (_which, below) => {
    const refusal = await answerTo(await peerAt(PROXY), [below])
    expect(refusal).toMatch(/^SIP\/2\.0 400 Repeated Parameter In Via\r\n/)
  })

  it('stands in the log beside whom it speaks for, admitted or not', async () => {
    const proxy = await peerAt(PROXY)
    for (const address of [CARRIER, STRANGER]) {
      const branch = await send(proxy, [`SIP/2.0/UDP sbc.example;received=${address}`])
      await ingress.said(({ msg, callId }) => msg === 'call decided' && callId === branch)
      const line = ingress.log.find(({ callId }) => callId === branch)
      expect(line).toMatchObject({ source: `${PROXY}:${proxy.port}`, judgedSource: address })
    }
  })

  it('gets its OPTIONS answered', async () => {
    const proxy = await peerAt(PROXY)
    const branch = await send(proxy, [], 'OPTIONS')
    expect(statusOf(await proxy.answer((text) => text.includes(branch)))).toBe(200)
  })

  it('is not replaced by anybody who writes a Via like its own', async () => {
    const before = await ingress.count(INVITES, DROPPED)
    const stranger = await peerAt('127.0.0.2')
    await send(stranger, [`SIP/2.0/UDP ${PROXY};branch=z9hG4bK-a`, `SIP/2.0/UDP ${CARRIER};branch=z9hG4bK-b`])
    await ingress.counted(INVITES, DROPPED, before + 1)
    const proxy = await peerAt(PROXY)
    const branch = await send(proxy, [], 'OPTIONS')
    await proxy.answer((text) => text.includes(branch))
    expect(stranger.received).toEqual([])
  })
})
