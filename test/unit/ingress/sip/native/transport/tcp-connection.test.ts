import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  ACCEPTED_STREAM_IDLE_MS,
  MAX_PONGS,
  MAX_STREAM_QUEUE_BYTES,
  OPENED_STREAM_IDLE_MS,
  PONG_WINDOW_MS,
  STREAM_ALTERNATIVE_CONNECT_MS,
  STREAM_CONNECT_MS,
  STREAM_LINGER_MS,
  STREAM_MESSAGE_MS,
} from '../../../../../../ingress/sip/limits.ts'
import type {
  Destination,
  Flow,
  SendOptions,
  Transport,
} from '../../../../../../ingress/sip/native/transport/transport.ts'
import { addressOf, codeOf, Inbox, optionsRequest } from './recorded-events.ts'
import { createTcpStage, type TcpPeer } from './tcp-peer.ts'

const stage = createTcpStage()
afterEach(() => stage.close())

const LOOPBACK = { address: addressOf('127.0.0.1'), port: 0 }
const MESSAGE = optionsRequest()
const PING = '\r\n\r\n'

function send(transport: Transport, port: number, options: Partial<SendOptions> = {}): Inbox<Error> {
  const failures = new Inbox<Error>()
  const to: Destination = { transport: 'TCP', address: LOOPBACK.address, port }
  transport.sendRequest(Buffer.from(MESSAGE), to, { onFailure: (error) => failures.put(error), ...options })
  return failures
}

/** A connection that a peer has opened, with one message through. */
async function accepted() {
  const { transport, events, clock } = stage.newTransport()
  const { port } = await transport.bind(LOOPBACK)
  const peer = await stage.connectPeer(port)
  await peer.write(MESSAGE)
  const { flow } = await events.messages.take()
  return { transport, events, clock, peer, flow }
}

/** Whether the connection still answers a ping; true before the answer, false after the end. */
async function isAlive(peer: TcpPeer): Promise<boolean> {
  const before = peer.received.length
  await peer.write(PING)
  const pong = peer.receive(before + 2).then(() => true)
  return Promise.race([pong, peer.closed.then(() => false)])
}

describe('an idle connection', () => {
  it('T-08: that we opened is kept for 64*T1 after its last use, then closed (RFC 3261 §18)', async () => {
    const { transport, events, clock } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    send(transport, backend.port)
    const peer = await backend.accepted.take()
    await peer.write(MESSAGE)
    await events.messages.take()
    clock.advance(OPENED_STREAM_IDLE_MS - 1)
    send(transport, backend.port)
    await peer.receive(2 * MESSAGE.length)
    clock.advance(OPENED_STREAM_IDLE_MS - 1)
    expect(peer.ends.size).toBe(0)
    clock.advance(1)
    await peer.ends.take()
    send(transport, backend.port)
    expect(await backend.accepted.take()).not.toBe(peer)
  })

  it('that we opened does not live on requests that nothing comes back on', async () => {
    const { transport, clock } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const first = send(transport, backend.port)
    const peer = await backend.accepted.take()
    await peer.receive(MESSAGE.length)
    clock.advance(OPENED_STREAM_IDLE_MS / 2)
    const second = send(transport, backend.port)
    clock.advance(OPENED_STREAM_IDLE_MS / 2)
    const errors = await Promise.all([first.take(), second.take()])
    expect(errors.map(codeOf)).toEqual(['stream-closed', 'stream-closed'])
    send(transport, backend.port)
    expect(await backend.accepted.take()).not.toBe(peer)
  })

  it('that a peer opened is kept longer, and a ping counts as use', async () => {
    const { clock, peer, flow } = await accepted()
    clock.advance(ACCEPTED_STREAM_IDLE_MS - 1)
    expect(await isAlive(peer)).toBe(true)
    clock.advance(ACCEPTED_STREAM_IDLE_MS - 1)
    expect(flow.open).toBe(true)
    clock.advance(1)
    expect(flow.open).toBe(false)
    await peer.ends.take()
  })

  it('T-08: is kept while it is held, and its time begins again with the release', async () => {
    const { clock, flow } = await accepted()
    flow.hold()
    flow.hold()
    flow.release()
    clock.advance(3 * ACCEPTED_STREAM_IDLE_MS)
    expect(flow.open).toBe(true)
    flow.release()
    clock.advance(ACCEPTED_STREAM_IDLE_MS - 1)
    expect(flow.open).toBe(true)
    clock.advance(1)
    expect(flow.open).toBe(false)
  })
})

/** Writes to a connection until the system says that the other side is gone. */
async function failsToWrite(peer: TcpPeer): Promise<boolean> {
  while (!peer.socket.destroyed) {
    await peer.write(MESSAGE)
    await setImmediate()
  }
  return true
}

describe('a connection that is closed by us', () => {
  it('sends its last bytes and ends', async () => {
    const { peer, flow } = await accepted()
    flow.send(Buffer.from('last'))
    flow.close()
    expect(flow.open).toBe(false)
    expect(flow.send(Buffer.from('more'))).toBe(false)
    await peer.closed
    expect(peer.received).toBe('last')
  })

  it('does not wait for ever for a peer that keeps its side open', async () => {
    const { transport, events, clock } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    peer.socket.allowHalfOpen = true
    await peer.write(MESSAGE)
    const { flow } = await events.messages.take()
    flow.close()
    await peer.ends.take()
    await peer.write(MESSAGE)
    clock.advance(STREAM_LINGER_MS)
    expect(await failsToWrite(peer)).toBe(true)
    expect(events.messages.size).toBe(0)
  })
})

describe('a slow peer', () => {
  it('has a limited time to complete a message, however it spreads the bytes', async () => {
    const { transport, events, clock } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    await peer.write(`${MESSAGE}OPTI`)
    const { flow } = await events.messages.take()
    clock.advance(STREAM_MESSAGE_MS - 1)
    await peer.write('O')
    expect(flow.open).toBe(true)
    clock.advance(1)
    expect(flow.open).toBe(false)
    await peer.ends.take()
  })

  it('has that time anew for the next message', async () => {
    const { events, clock, peer, flow } = await accepted()
    const [head, rest] = [MESSAGE.slice(0, 20), MESSAGE.slice(20)]
    await peer.write(MESSAGE + head)
    await events.messages.take()
    clock.advance(STREAM_MESSAGE_MS - 1)
    await peer.write(rest + head)
    await events.messages.take()
    clock.advance(STREAM_MESSAGE_MS - 1)
    await peer.write(rest)
    await events.messages.take()
    clock.advance(STREAM_MESSAGE_MS)
    expect(flow.open).toBe(true)
  })

  it('may leave half a ping lying about', async () => {
    const { clock, peer, flow } = await accepted()
    await peer.write('\r\n\r')
    clock.advance(STREAM_MESSAGE_MS)
    expect(flow.open).toBe(true)
    await peer.write('\n')
    expect(await peer.receive(2)).toBe('\r\n')
  })
})

describe('a peer that does not read', () => {
  /** Sends until the flow refuses; the answer is how often it did not. */
  function fill(flow: Flow, bytes: Buffer): number {
    let sent = 0
    while (sent < 10_000 && flow.send(bytes)) sent++
    return sent
  }

  it('costs a bounded number of bytes, then its connection, and is reported', async () => {
    const { events, peer, flow } = await accepted()
    peer.socket.pause()
    expect(fill(flow, Buffer.alloc(MAX_STREAM_QUEUE_BYTES / 16))).toBeLessThan(10_000)
    expect(flow.open).toBe(false)
    const { destination, error } = await events.unreachable.take()
    expect(destination).toMatchObject({ transport: 'TCP', port: peer.port })
    expect(codeOf(error)).toBe('stream-queue-full')
    peer.socket.resume()
    await peer.closed
  })

  it('does not keep the transport from closing', async () => {
    const { transport, clock, peer, flow } = await accepted()
    peer.socket.pause()
    for (let i = 0; i < 200; i++) flow.send(Buffer.alloc(MAX_STREAM_QUEUE_BYTES / 32))
    const closed = transport.close()
    clock.advance(STREAM_LINGER_MS)
    await closed
    expect(clock.pending).toBe(0)
  })
})

describe('a connection that is not established in time', () => {
  it('fails its requests and is reported (RFC 3261 §18.4)', async () => {
    const { transport, events, clock } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const failures = [send(transport, backend.port), send(transport, backend.port)]
    clock.advance(STREAM_CONNECT_MS)
    const errors = await Promise.all(failures.map((each) => each.take()))
    expect(errors.map(codeOf)).toEqual(['connect-timeout', 'connect-timeout'])
    expect(await events.unreachable.take()).toMatchObject({ destination: { port: backend.port } })
  })
})

describe('a request that has another way', () => {
  it('does not wait for a connection as long as one that has none, and none of its bytes go out', async () => {
    const { transport, events, clock } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const impatient = send(transport, backend.port, { connectMs: STREAM_ALTERNATIVE_CONNECT_MS })
    const patient = send(transport, backend.port)
    clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
    expect(codeOf(await impatient.take())).toBe('connect-timeout')
    const peer = await backend.accepted.take()
    await peer.receive(MESSAGE.length)
    await peer.write(MESSAGE)
    await events.messages.take()
    expect(peer.received).toBe(MESSAGE)
    expect(patient.size).toBe(0)
  })

  it('takes the connection with it where nobody else waits for that', async () => {
    const { transport, events, clock } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const failures = [1, 2].map(() => send(transport, backend.port, { connectMs: STREAM_ALTERNATIVE_CONNECT_MS }))
    clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
    const errors = await Promise.all(failures.map((each) => each.take()))
    expect(errors.map(codeOf)).toEqual(['connect-timeout', 'connect-timeout'])
    expect(await events.unreachable.take()).toMatchObject({ destination: { port: backend.port } })
    expect(transport.connectedTo(LOOPBACK.address, backend.port)).toBe(false)
  })

  it('waits for a connection within a bound on the bytes', async () => {
    const { transport } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const many = Math.floor(MAX_STREAM_QUEUE_BYTES / MESSAGE.length)
    const failures = Array.from({ length: many + 1 }, () => send(transport, backend.port))
    expect(codeOf(await failures.at(-1)?.take())).toBe('stream-queue-full')
    const peer = await backend.accepted.take()
    await peer.receive(many * MESSAGE.length)
    expect(failures.filter((each) => each.size > 0)).toEqual([])
  })
})

/** Resolves when the end of a peer's side has been seen: requests go to it no more. */
async function endsItsSide(transport: Transport, peer: TcpPeer): Promise<void> {
  const { port } = peer
  peer.socket.end()
  while (transport.connectedTo(LOOPBACK.address, port)) await setImmediate()
}

describe('a peer that has ended its side', () => {
  it('T-04: still gets what is owed to it over the connection, and then the end', async () => {
    const { transport, clock, peer, flow } = await accepted()
    flow.hold()
    await endsItsSide(transport, peer)
    clock.advance(2 * ACCEPTED_STREAM_IDLE_MS)
    expect(flow.send(Buffer.from('ringing '))).toBe(true)
    expect(flow.send(Buffer.from('answered'))).toBe(true)
    flow.release()
    expect(flow.open).toBe(false)
    expect(await peer.receive(16)).toBe('ringing answered')
    await peer.ends.take()
    await peer.closed
  })

  it('is sent no request on it, and has answered none', async () => {
    const { transport, peer, flow } = await accepted()
    const asked = send(transport, peer.port)
    await peer.receive(MESSAGE.length)
    flow.hold()
    await endsItsSide(transport, peer)
    expect(codeOf(await asked.take())).toBe('stream-closed')
    expect(flow.open).toBe(true)
    expect(transport.connectedTo(LOOPBACK.address, peer.port)).toBe(false)
  })

  it('is closed at once where nobody owes it anything, half a message or not', async () => {
    const { peer, flow } = await accepted()
    await peer.write(MESSAGE.slice(0, 20))
    peer.socket.end()
    await peer.ends.take()
    expect(flow.open).toBe(false)
  })

  it('is told of by the write where it reads no more either', async () => {
    const { transport, peer, flow } = await accepted()
    flow.hold()
    await endsItsSide(transport, peer)
    peer.socket.resetAndDestroy()
    await peer.closed
    const lost = new Inbox<true>()
    while (lost.size === 0 && flow.open) {
      flow.send(Buffer.from('answer'), undefined, () => lost.put(true))
      await setImmediate()
    }
    expect(await lost.take()).toBe(true)
  })
})

describe('pings', () => {
  it('of one read get their answers in one write, and not more than MAX_PONGS in a while', async () => {
    const { events, clock, peer } = await accepted()
    await peer.write(PING.repeat(3))
    expect(await peer.receive(6)).toBe('\r\n'.repeat(3))
    await peer.write(PING.repeat(5000))
    await peer.write(MESSAGE)
    await events.messages.take()
    expect(await peer.receive(2 * MAX_PONGS)).toBe('\r\n'.repeat(MAX_PONGS))
    clock.advance(PONG_WINDOW_MS)
    await peer.write(PING)
    expect(await peer.receive(2 * MAX_PONGS + 2)).toBe('\r\n'.repeat(MAX_PONGS + 1))
  })

  it('keep a connection up as CRLF NUL too', async () => {
    const { events, clock, peer, flow } = await accepted()
    const looked = new Inbox<true>()
    events.isKnown = () => {
      looked.put(true)
      return true
    }
    clock.advance(ACCEPTED_STREAM_IDLE_MS - 1)
    while (looked.size > 0) await looked.take()
    await peer.write('\r\n\0')
    await looked.take()
    clock.advance(ACCEPTED_STREAM_IDLE_MS - 1)
    expect(flow.open).toBe(true)
  })
})
