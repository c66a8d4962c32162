import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  CONNECTED_DATAGRAM_SOCKET_IDLE_MS,
  MAX_CONNECTED_DATAGRAM_SOCKETS,
} from '../../../../../../ingress/sip/limits.ts'
import type { DatagramSockets } from '../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import type { Destination, SendOptions, Transport } from '../../../../../../ingress/sip/native/transport/transport.ts'
import { createUdpTransport } from '../../../../../../ingress/sip/native/transport/udp-transport.ts'
import { testDatagrams } from '../../../../../support/datagrams.ts'
import { FakeClock } from '../../../../../support/fake-clock.ts'
import { addressOf, codeOf, HAS_IPV6, Inbox, RecordedEvents } from './recorded-events.ts'

const REQUEST = Buffer.from('OPTIONS sip:192.0.2.1 SIP/2.0\r\n\r\n')
const opened: { close(): unknown }[] = []

let sockets: DatagramSockets

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

function newTransport(): { transport: Transport; events: RecordedEvents; clock: FakeClock } {
  const events = new RecordedEvents()
  const clock = new FakeClock()
  const transport = createUdpTransport({ events, clock }, sockets)
  opened.push(transport)
  return { transport, events, clock }
}

interface Peer {
  readonly socket: Socket
  readonly inbox: Inbox<{ text: string; source: RemoteInfo }>
  readonly port: number
}

async function newPeer(host = '127.0.0.1', port = 0): Promise<Peer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const inbox = new Inbox<{ text: string; source: RemoteInfo }>()
  socket.on('message', (bytes, source) => inbox.put({ text: bytes.toString('latin1'), source }))
  socket.bind(port, host)
  await once(socket, 'listening')
  opened.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) })
  return { socket, inbox, port: socket.address().port }
}

/** A peer's socket that is closed before the test ends. */
async function closePeer(peer: Peer): Promise<void> {
  opened.pop()
  peer.socket.close()
  await once(peer.socket, 'close')
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const peer = await newPeer()
  await closePeer(peer)
  return peer.port
}

function at(port: number, host = '127.0.0.1'): Destination {
  return { transport: 'UDP', address: addressOf(host), port }
}

function send(transport: Transport, to: Destination, options: Partial<SendOptions> = {}): Inbox<Error> {
  const failures = new Inbox<Error>()
  transport.sendRequest(REQUEST, to, { onFailure: (error) => failures.put(error), ...options })
  return failures
}

describe.each(['batched', 'node'] as const)('%s datagrams', (kind) => {
  beforeAll(async () => {
    sockets = await testDatagrams(kind)
  })

  const FAMILIES = HAS_IPV6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']

  describe.each(FAMILIES)('UDP on %s', (host) => {
    it('hands over a datagram with its source as an address and a port', async () => {
      const { transport, events } = newTransport()
      const local = await transport.bind({ address: addressOf(host), port: 0 })
      const peer = await newPeer(host)
      peer.socket.send('hello', local.port, host)
      const { text, flow } = await events.messages.take()
      expect(text).toBe('hello')
      expect(flow).toMatchObject({ transport: 'UDP', remotePort: peer.port, local, open: true })
      expect(flow.remoteAddress).toEqual(addressOf(host))
    })

    it('sends a response from the address and port that took the request (RFC 3581 §4)', async () => {
      const { transport, events } = newTransport()
      const first = await transport.bind({ address: addressOf(host), port: 0 })
      const second = await transport.bind({ address: addressOf(host), port: 0 })
      const peer = await newPeer(host)
      for (const local of [first, second]) {
        peer.socket.send('request', local.port, host)
        const { flow } = await events.messages.take()
        expect(flow.send(Buffer.from('response'))).toBe(true)
        const answer = await peer.inbox.take()
        expect(answer.source.port).toBe(local.port)
      }
    })

    it('sends a response to the port of sent-by where there is no rport (RFC 3261 §18.2.2)', async () => {
      const { transport, events } = newTransport()
      const local = await transport.bind({ address: addressOf(host), port: 0 })
      const [peer, sentBy] = [await newPeer(host), await newPeer(host)]
      peer.socket.send('request', local.port, host)
      const { flow } = await events.messages.take()
      expect(flow.send(Buffer.from('response'), sentBy.port)).toBe(true)
      expect((await sentBy.inbox.take()).text).toBe('response')
      expect(flow.send(Buffer.from('response'), 0)).toBe(false)
      expect(flow.send(Buffer.from('response'), 65_536)).toBe(false)
    })

    it('sends a request from the listening port and receives its response', async () => {
      const { transport, events } = newTransport()
      const local = await transport.bind({ address: addressOf(host), port: 0 })
      const peer = await newPeer(host)
      send(transport, at(peer.port, host))
      const { text, source } = await peer.inbox.take()
      expect([text, source.port]).toEqual([REQUEST.toString(), local.port])
      peer.socket.send('response', source.port, host)
      const response = await events.messages.take()
      expect(response.text).toBe('response')
      expect(response.flow.remotePort).toBe(peer.port)
    })
  })

  describe('a UDP destination that is not there', () => {
    it('fails a request to a closed port by the ICMP error, without a timer (RFC 3261 §18.4)', async () => {
      const { transport, events } = newTransport()
      await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const port = await closedPort()
      const error = await send(transport, at(port)).take()
      expect(codeOf(error)).toBe('ECONNREFUSED')
      expect(await events.unreachable.take()).toEqual({ destination: at(port), error })
    })

    it('fails it from a wildcard address, too', async () => {
      const { transport } = newTransport()
      await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
      expect(codeOf(await send(transport, at(await closedPort())).take())).toBe('ECONNREFUSED')
    })

    it('fails every request that waits, each once, and reports the destination once', async () => {
      const { transport, events } = newTransport()
      await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const to = at(await closedPort())
      const failures = [send(transport, to), send(transport, to), send(transport, to)]
      await Promise.all(failures.map((each) => each.take()))
      await events.unreachable.take()
      expect(failures.map((each) => each.size)).toEqual([0, 0, 0])
      expect(events.unreachable.size).toBe(0)
    })

    it('does not fail a request after its destination has sent something', async () => {
      const { transport, events } = newTransport()
      await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const peer = await newPeer()
      const answered = send(transport, at(peer.port))
      const { source } = await peer.inbox.take()
      peer.socket.send('response', source.port, '127.0.0.1')
      await events.messages.take()
      await closePeer(peer)
      await send(transport, at(peer.port)).take()
      expect(answered.size).toBe(0)
    })

    it('is reached again when it has come back', async () => {
      const { transport } = newTransport()
      await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const port = await closedPort()
      await send(transport, at(port)).take()
      const peer = await newPeer('127.0.0.1', port)
      send(transport, at(port))
      expect((await peer.inbox.take()).text).toBe(REQUEST.toString())
    })
  })

  describe('the sockets of UDP destinations', () => {
    it('leave every other source to the listening socket', async () => {
      const { transport, events } = newTransport()
      const local = await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
      const [backend, caller] = [await newPeer(), await newPeer()]
      send(transport, at(backend.port))
      await backend.inbox.take()
      caller.socket.send('from the caller', local.port, '127.0.0.1')
      const { text, flow } = await events.messages.take()
      expect([text, flow.remotePort]).toEqual(['from the caller', caller.port])
    })

    it('take the requests of the destination, whose answers leave from the listening port', async () => {
      const { transport, events } = newTransport()
      const local = await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
      const backend = await newPeer()
      send(transport, at(backend.port))
      await backend.inbox.take()
      backend.socket.send('BYE', local.port, '127.0.0.1')
      const { flow } = await events.messages.take()
      flow.send(Buffer.from('200'))
      const { text, source } = await backend.inbox.take()
      expect([text, source.port]).toEqual(['200', local.port])
    })

    it('are closed after 64*T1 without use, and the listening socket takes over', async () => {
      const { transport, events, clock } = newTransport()
      const local = await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const backend = await newPeer()
      send(transport, at(backend.port))
      await backend.inbox.take()
      clock.advance(CONNECTED_DATAGRAM_SOCKET_IDLE_MS - 1)
      send(transport, at(backend.port))
      await backend.inbox.take()
      clock.advance(1)
      expect(clock.pending).toBe(1)
      clock.advance(CONNECTED_DATAGRAM_SOCKET_IDLE_MS - 1)
      expect(clock.pending).toBe(0)
      backend.socket.send('late', local.port, '127.0.0.1')
      expect((await events.messages.take()).text).toBe('late')
    })

    it('are bounded in number, and a request beyond that goes out all the same', async () => {
      const { transport, clock } = newTransport()
      await transport.bind({ address: addressOf('127.0.0.1'), port: 0 })
      const peer = await newPeer()
      for (let i = 0; i < MAX_CONNECTED_DATAGRAM_SOCKETS; i++) send(transport, at(20_000 + i, '127.0.0.3'))
      expect(clock.pending).toBe(MAX_CONNECTED_DATAGRAM_SOCKETS)
      send(transport, at(peer.port))
      expect((await peer.inbox.take()).text).toBe(REQUEST.toString())
    })
  })
})
