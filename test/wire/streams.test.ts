import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer, openStreamPeer, type StreamPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.3'
const STRANGER = '127.0.0.4'
const ROUTED = '+15550000701'
const REJECTED = '+15550000702'
const BODY = 'v=0\r\n'.padEnd(1400, 'a')

let ingress: StandaloneProcess
let backend: DatagramPeer
let calls = 0
const peers: StreamPeer[] = []

beforeAll(async () => {
  backend = await openDatagramPeer('127.0.0.1')
  ingress = await startStandalone({
    manifests: [
      sipTrunk('carrier', { sources: [PEER] }),
      dispatchRule('route', ROUTED, routeTo([`sip:127.0.0.1:${backend.port}`])),
      dispatchRule('reject', REJECTED, { type: 'Reject', reject: { status: 404 } }),
    ],
  })
})

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close()
})

afterAll(async () => {
  await ingress.stop()
  backend.close()
})

async function connected(address = PEER): Promise<StreamPeer> {
  const peer = await openStreamPeer(address, ingress.tcp)
  peers.push(peer)
  return peer
}

/** An INVITE of a call of its own. */
function invite(from: StreamPeer, number: string, body = ''): string {
  const callId = `stream-${++calls}`
  const via = `SIP/2.0/TCP ${from.address}:${from.port};branch=z9hG4bK-${callId}`
  return requestText({ uri: `sip:${number}@127.0.0.1`, via, callId, body })
}

const received = (text: string): Promise<string> =>
  backend.answer((one) => methodOf(one) === 'INVITE' && headerOf(one, 'Call-ID')[0] === headerOf(text, 'Call-ID')[0])

describe('a peer that ends its side of a connection behind its request', () => {
  it('still gets the refusal of a rule', async () => {
    const peer = await connected()
    peer.write(invite(peer, REJECTED))
    await peer.finish()
    expect(statusOf(peer.received())).toBe(404)
  })

  it('still gets what a backend says, ringing first, and then the end', async () => {
    const peer = await connected()
    const text = invite(peer, ROUTED)
    peer.write(text)
    const over = peer.finish()
    const got = await received(text)
    for (const status of [180, 183]) {
      await backend.send(responseText(got, status), ingress.udp)
      await peer.answer((all) => all.includes(`SIP/2.0 ${status} `))
    }
    await backend.send(responseText(got, 486), ingress.udp)
    await over
    expect(peer.received()).toContain('SIP/2.0 486 ')
  })

  it('gets the answers to two requests that came in one write', async () => {
    const peer = await connected()
    const [routed, rejected] = [invite(peer, ROUTED), invite(peer, REJECTED)]
    peer.write(routed + rejected)
    const over = peer.finish()
    await backend.send(responseText(await received(routed), 603), ingress.udp)
    await over
    expect(peer.received()).toContain('SIP/2.0 404 ')
    expect(peer.received()).toContain('SIP/2.0 603 ')
  })
})

describe('what a peer keeps its connection up with', () => {
  it.each(['\r\n\0', '\0\0\0\0', '\r\n\r\n\0', '\r\n'])('costs it no call: %j', async (keepAlive) => {
    const peer = await connected()
    peer.write(keepAlive)
    peer.write(invite(peer, REJECTED))
    await peer.answer((all) => all.includes('SIP/2.0 404 '))
    peer.write(keepAlive)
    peer.write(invite(peer, REJECTED))
    const all = await peer.answer((text) => text.split('SIP/2.0 404 ').length === 3)
    expect(all).not.toContain('SIP/2.0 400 ')
  })

  it('gets a stranger nothing, and ends a flood of its own', async () => {
    const stranger = await connected(STRANGER)
    await stranger.floodUntilOver(() => '\r\n\0'.repeat(2000))
    expect(stranger.received()).toBe('')
  })

  it('in a burst of 600 KB holds nobody up: calls go on, and the answers are few', async () => {
    const [flooding, calling] = [await connected(), await connected()]
    flooding.write('\r\n'.repeat(300_000))
    calling.write(invite(calling, REJECTED))
    await calling.answer((all) => all.includes('SIP/2.0 404 '))
    flooding.write(invite(flooding, REJECTED))
    const all = await flooding.answer((text) => text.includes('SIP/2.0 404 '))
    expect(all.split('SIP/2.0')[0]?.length).toBeLessThan(2000)
  })
})

describe('a large request to a backend whose TCP port', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** Takes connections where the backend has its UDP port, and does away with each. */
  async function take(then: 'resets' | 'closes'): Promise<void> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => (then === 'resets' ? socket.resetAndDestroy() : socket.end()))
    })
    server.listen(backend.port, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
  }

  it.each([
    ['is closed', undefined],
    ['takes the bytes and resets', 'resets'],
    ['takes the bytes and closes', 'closes'],
  ] as const)('%s comes by UDP', async (_what, then) => {
    if (then) await take(then)
    const peer = await connected()
    const text = invite(peer, ROUTED, BODY)
    peer.write(text)
    const got = await received(text)
    expect(headerOf(got, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP /)
    await backend.send(responseText(got, 486), ingress.udp)
    await peer.answer((all) => all.includes('SIP/2.0 486 '))
  })
})
