/** What a system does seldom, on batched sockets: cut datagrams off, be full for long, and report errors on a socket. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { DATAGRAM_SEND_SLOT_BYTES, MAX_DATAGRAM_QUEUE_BYTES } from '../../../../../../../ingress/sip/limits.ts'
import { createBatchedDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/batched-datagrams.ts'
import type { DatagramSockets } from '../../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { createUdpTransport } from '../../../../../../../ingress/sip/native/transport/udp-transport.ts'
import { FakeClock } from '../../../../../../support/fake-clock.ts'
import { addressOf, HAS_IPV6, RecordedEvents } from '../recorded-events.ts'
import { type FaultyCalls, faultyCalls } from './faulty-calls.ts'
import {
  type NodePeer,
  numbered,
  openNodePeer,
  type RecordedDatagrams,
  recordDatagrams,
  take,
} from './recorded-datagrams.ts'

const HERE = addressOf('127.0.0.1')

/** Bytes: several of them fit into one slot of a batch. */
const BLOCK_BYTES = 2000

const opened: { close(): unknown }[] = []
let calls: FaultyCalls
let sockets: DatagramSockets
let fallBacks: string[]

beforeEach(async () => {
  calls = await faultyCalls()
  fallBacks = []
  sockets = createBatchedDatagrams(calls, (code) => fallBacks.push(code))
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
  expect(fallBacks).toEqual([])
})

async function listen(listener: RecordedDatagrams, address = HERE) {
  const bound = await sockets.listen({ address, port: 0 }, listener)
  opened.push(bound.socket)
  return bound
}

async function newPeer(address?: string, port?: number): Promise<NodePeer> {
  const peer = await openNodePeer(address, port)
  opened.push(peer)
  return peer
}

describe('a datagram that is too long', () => {
  it('is reported with its source, and those beside it arrive', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const peer = await newPeer()
    calls.shorten(100)
    for (const text of ['before', 'x'.repeat(101), 'y'.repeat(100)]) peer.socket.send(text, port, '127.0.0.1')
    expect((await take(listener.inbox, 2)).map(({ text }) => text)).toEqual(['before', 'y'.repeat(100)])
    expect(await listener.errors.take()).toEqual({
      code: 'datagram-cut-off',
      message: expect.stringContaining('cut off after 100 bytes'),
      to: { address: HERE, port: peer.port },
    })
    peer.socket.send('z'.repeat(101), port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('z'.repeat(101))
  })
})

describe('a transport whose datagram was cut off', () => {
  it('reports the fault, and keeps the source as a destination that can be reached', async () => {
    const events = new RecordedEvents()
    const transport = createUdpTransport({ events, clock: new FakeClock() }, sockets)
    opened.push(transport)
    const { port } = await transport.bind({ address: HERE, port: 0 })
    const peer = await newPeer()
    calls.shorten(100)
    peer.socket.send('x'.repeat(101), port, '127.0.0.1')
    expect(await events.faults.take()).toMatchObject({ code: 'datagram-cut-off' })
    expect(events.unreachable.size).toBe(0)
  })
})

describe('a socket that closes in the middle of a batch', () => {
  it('gets what has come already, and the others go on', async () => {
    const listener = recordDatagrams()
    const other = recordDatagrams()
    const { socket, port } = await listen(listener)
    const second = await listen(other)
    const peer = await newPeer()
    listener.react = () => void socket.close()
    for (const text of numbered(20)) {
      peer.socket.send(text, port, '127.0.0.1')
      peer.socket.send(text, second.port, '127.0.0.1')
    }
    expect((await take(other.inbox, 20)).map(({ text }) => text)).toEqual(numbered(20))
    const texts = (await take(listener.inbox, listener.inbox.size)).map(({ text }) => text)
    expect(texts.length).toBeGreaterThan(0)
    expect(texts).toEqual(numbered(20).slice(0, texts.length))
    expect(listener.errors.size).toBe(0)
  })

  it('gets nothing more if it is another one that had its turn first', async () => {
    const [first, second] = [recordDatagrams(), recordDatagrams()]
    const bound = [await listen(first), await listen(second)] as const
    const peer = await newPeer()
    first.react = () => void bound[1].socket.close()
    second.react = () => void bound[0].socket.close()
    for (const { port } of bound) peer.socket.send('datagram', port, '127.0.0.1')
    const winner = await Promise.race([first.inbox.take(), second.inbox.take()])
    expect(winner.text).toBe('datagram')
    const again = await listen(recordDatagrams())
    expect(again.socket.send(Buffer.from('goes on'), { address: HERE, port: peer.port })).toBe(true)
    expect(await peer.inbox.take()).toBe('goes on')
    expect(first.inbox.size + second.inbox.size).toBe(0)
  })
})

describe('a system that takes nothing for long', () => {
  const block = (i: number) => Buffer.from(`${i}`.padEnd(BLOCK_BYTES, '.'))
  const fitting = Math.floor(MAX_DATAGRAM_QUEUE_BYTES / BLOCK_BYTES)

  it('is waited for up to a bound, over which a datagram is refused', async () => {
    const listener = recordDatagrams()
    const { socket } = await listen(listener)
    const peer = await newPeer()
    const to = { address: HERE, port: peer.port }
    calls.fail('sendmmsg', 'EAGAIN', Number.POSITIVE_INFINITY)
    for (let i = 0; i < fitting; i++) expect(socket.send(block(i), to)).toBe(true)
    expect(socket.send(block(fitting), to)).toBe(false)
    expect(listener.errors.size).toBe(0)
    calls.fail('sendmmsg', 'EAGAIN', 0)
    // The peer's buffer may be too small for all of them. The first ones are there, in order.
    const first = (await take(peer.inbox, 40)).map((text) => Number.parseInt(text, 10))
    expect(first).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(socket.send(Buffer.from('room again'), to)).toBe(true)
  })

  it('gets all of them in order, also those that are sent while the first ones are refused again', async () => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    const to = { address: HERE, port: peer.port }
    calls.fail('sendmmsg', 'EAGAIN', 3)
    for (const text of numbered(200)) socket.send(Buffer.from(text), to)
    listener.react = ({ text }) => socket.send(Buffer.from(`answer to ${text}`), to)
    peer.socket.send('question', port, '127.0.0.1')
    expect(await take(peer.inbox, 201)).toEqual([...numbered(200), 'answer to question'])
    expect(listener.errors.size).toBe(0)
  })
})

describe('a system that takes nothing for a moment of a turn', () => {
  /** More than one batch, and one datagram that is sent alone. */
  const answers = numbered(150).map((text, i) => (i === 100 ? text.padEnd(DATAGRAM_SEND_SLOT_BYTES + 1, '.') : text))

  it.each([1, 2, 3, 4])('gets all answers of the turn in order, after %i refusals', async (refusals) => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = ({ source }) => {
      calls.fail('sendmmsg', 'EAGAIN', refusals)
      for (const text of answers) socket.send(Buffer.from(text), source)
    }
    peer.socket.send('question', port, '127.0.0.1')
    expect(await take(peer.inbox, 150)).toEqual(answers)
    expect(listener.errors.size).toBe(0)
  })
})

describe('an error on a socket', () => {
  it('leaves a connected socket able to receive', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const gone = await openNodePeer()
    await gone.close()
    const connected = recordDatagrams()
    const to = { address: HERE, port: gone.port }
    const socket = sockets.connect({ address: HERE, port }, to, connected)
    opened.push(socket)
    for (let round = 0; round < 3; round++) {
      socket.send(Buffer.from('request'))
      expect(await connected.errors.take()).toMatchObject({ code: 'ECONNREFUSED', to })
    }
    const back = await newPeer('127.0.0.1', gone.port)
    back.socket.send('back again', port, '127.0.0.1')
    expect((await connected.inbox.take()).text).toBe('back again')
    socket.send(Buffer.from('request'))
    expect(await back.inbox.take()).toBe('request')
  })

  it('of a destination leaves a listening socket able to receive', async () => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const gone = await openNodePeer()
    await gone.close()
    const peer = await newPeer()
    socket.send(Buffer.from('nobody is there'), { address: HERE, port: gone.port })
    peer.socket.send('datagram', port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('datagram')
    expect(listener.errors.size).toBe(0)
  })
})

const withIpv6 = HAS_IPV6 ? describe : describe.skip
withIpv6('IPv6', () => {
  it('is received, answered and connected', async () => {
    const listener = recordDatagrams()
    const address = addressOf('::1')
    const { socket, port } = await listen(listener, address)
    const peer = await newPeer('::1')
    listener.react = ({ text, source }) => socket.send(Buffer.from(`answer to ${text}`), source)
    for (const text of numbered(20)) peer.socket.send(text, port, '::1')
    expect(await take(peer.inbox, 20)).toEqual(numbered(20).map((text) => `answer to ${text}`))
    expect((await listener.inbox.take()).source).toEqual({ address, port: peer.port })
    const connected = recordDatagrams()
    opened.push(sockets.connect({ address, port }, { address, port: peer.port }, connected))
    peer.socket.send('to the connected socket', port, '::1')
    expect((await connected.inbox.take()).source).toEqual({ address, port: peer.port })
  })
})
