import { afterEach, describe, expect, it } from '@jest/globals'
import {
  ACCEPTED_STREAM_IDLE_MS,
  MAX_STRANGER_STREAM_BYTES,
  MAX_STRANGER_STREAMS_PER_ADDRESS,
  STRANGER_STREAM_MS,
  STREAM_REVIEW_MS,
} from '../../../../../../ingress/sip/limits.ts'
import { addressOf, optionsRequest } from './recorded-events.ts'
import { createTcpStage } from './tcp-peer.ts'

const stage = createTcpStage()
afterEach(() => stage.close())

const STRANGER = '127.0.0.2'
const LOOPBACK = { address: addressOf('127.0.0.1'), port: 0 }
const MESSAGE = optionsRequest()
const PING = '\r\n\r\n'

async function bound() {
  const { transport, events, clock } = stage.newTransport()
  const { port } = await transport.bind(LOOPBACK)
  return { transport, events, clock, port }
}

/** A stranger's connection with one message through. */
async function strangerSpoke() {
  const { events, clock, port } = await bound()
  const peer = await stage.connectPeer(port, STRANGER)
  await peer.write(MESSAGE)
  const { flow } = await events.messages.take()
  return { events, clock, port, peer, flow }
}

describe("a stranger's connection", () => {
  it('is closed after a few seconds without one byte, pinged or not', async () => {
    const { events, clock, peer } = await strangerSpoke()
    await peer.write(PING + MESSAGE)
    await events.messages.take()
    clock.advance(STRANGER_STREAM_MS - 1)
    await peer.write(MESSAGE)
    await events.messages.take()
    clock.advance(1)
    await peer.closed
    expect(peer.received).toBe('')
  })

  it('stays one where it got an answer without state, and is closed as soon as another', async () => {
    const { clock, peer, flow } = await strangerSpoke()
    expect(flow.sendOnce(Buffer.from('SIP/2.0 503 Service Unavailable\r\n\r\n'))).toBe(true)
    clock.advance(STRANGER_STREAM_MS)
    await peer.closed
    expect(peer.received).toBe('SIP/2.0 503 Service Unavailable\r\n\r\n')
  })

  it('is closed when it has brought its bytes', async () => {
    const { events, port } = await bound()
    const peer = await stage.connectPeer(port, STRANGER)
    await peer.write(optionsRequest(MAX_STRANGER_STREAM_BYTES))
    await peer.closed
    expect(peer.received).toBe('')
    expect(events.messages.size).toBe(0)
  })

  it('is closed where its bytes are no message', async () => {
    const { events, port } = await bound()
    const peer = await stage.connectPeer(port, STRANGER)
    await peer.write('\x16\x03\x01\x02\x00')
    await events.broken.take()
    await peer.closed
    expect(peer.received).toBe('')
  })

  it('is closed at once when the address has too many, and those of peers are not', async () => {
    const { events, port } = await bound()
    for (let i = 0; i < MAX_STRANGER_STREAMS_PER_ADDRESS; i++) {
      const peer = await stage.connectPeer(port, STRANGER)
      await peer.write(MESSAGE)
      await events.messages.take()
    }
    const refused = await stage.connectPeer(port, STRANGER)
    await refused.closed
    expect(refused.received).toBe('')
    const known = await stage.connectPeer(port)
    await known.write(PING)
    expect(await known.receive(2)).toBe('\r\n')
  })

  it('makes room when it has gone', async () => {
    const { events, clock, port } = await bound()
    const peers = []
    for (let i = 0; i < MAX_STRANGER_STREAMS_PER_ADDRESS; i++) {
      const peer = await stage.connectPeer(port, STRANGER)
      await peer.write(MESSAGE)
      await events.messages.take()
      peers.push(peer)
    }
    clock.advance(STRANGER_STREAM_MS)
    await Promise.all(peers.map((peer) => peer.closed))
    const next = await stage.connectPeer(port, STRANGER)
    await next.write(MESSAGE)
    expect((await events.messages.take()).flow.remotePort).toBe(next.port)
  })
})

describe('a connection that the engine answers though its source is unknown', () => {
  it("stays as long as a transaction, then has a stranger's time again", async () => {
    const { clock, peer, flow } = await strangerSpoke()
    expect(flow.send(Buffer.from('200'))).toBe(true)
    clock.advance(STRANGER_STREAM_MS)
    expect(flow.open).toBe(true)
    await peer.receive(3)
    clock.advance(STREAM_REVIEW_MS)
    expect(flow.open).toBe(true)
    clock.advance(STRANGER_STREAM_MS)
    await peer.closed
    expect(peer.received).toBe('200')
  })

  it('stays while it is held', async () => {
    const { clock, flow } = await strangerSpoke()
    flow.hold()
    clock.advance(10 * STREAM_REVIEW_MS)
    expect(flow.open).toBe(true)
    flow.release()
    clock.advance(STREAM_REVIEW_MS + STRANGER_STREAM_MS)
    expect(flow.open).toBe(false)
  })
})

describe('a table that changes', () => {
  it("makes a stranger's connection a peer's", async () => {
    const { events, clock, peer, flow } = await strangerSpoke()
    events.strangers = new Set()
    clock.advance(STRANGER_STREAM_MS)
    expect(flow.open).toBe(true)
    await peer.write(PING)
    expect(await peer.receive(2)).toBe('\r\n')
    clock.advance(ACCEPTED_STREAM_IDLE_MS)
    expect(flow.open).toBe(false)
  })

  it("makes a silent peer's connection a stranger's", async () => {
    const { events, clock, port } = await bound()
    const peer = await stage.connectPeer(port)
    await peer.write(MESSAGE)
    const { flow } = await events.messages.take()
    events.strangers = new Set(['127.0.0.1'])
    clock.advance(STREAM_REVIEW_MS)
    expect(flow.open).toBe(true)
    clock.advance(STRANGER_STREAM_MS)
    await peer.closed
    expect(peer.received).toBe('')
  })
})
