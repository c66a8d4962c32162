import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createBatchedDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/batched-datagrams.ts'
import type {
  DatagramSocket,
  DatagramSockets,
} from '../../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { addressOf } from '../recorded-events.ts'
import { type FaultyCalls, faultyCalls } from './faulty-calls.ts'
import {
  type NodePeer,
  numbered,
  openNodePeer,
  type RecordedDatagrams,
  recordDatagrams,
  take,
} from './recorded-datagrams.ts'

const HERE = { address: addressOf('127.0.0.1'), port: 0 }
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
})

async function listen(listener: RecordedDatagrams): Promise<{ socket: DatagramSocket; port: number }> {
  const bound = await sockets.listen(HERE, listener)
  opened.push(bound.socket)
  return bound
}

function connect(local: number, remote: number, listener: RecordedDatagrams): DatagramSocket {
  const at = (port: number) => ({ address: HERE.address, port })
  const socket = sockets.connect(at(local), at(remote), listener)
  opened.push(socket)
  return socket
}

async function newPeer(): Promise<NodePeer> {
  const peer = await openNodePeer()
  opened.push(peer)
  return peer
}

describe('a batch of datagrams', () => {
  it('comes whole and in order, from each source with its address', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const [peer, other] = [await newPeer(), await newPeer()]
    for (const text of numbered(150)) peer.socket.send(text, port, '127.0.0.1')
    other.socket.send('from another source', port, '127.0.0.1')
    const received = await take(listener.inbox, 151)
    const from = (wanted: number) => received.filter(({ source }) => source.port === wanted).map(({ text }) => text)
    expect(from(peer.port)).toEqual(numbered(150))
    expect(from(other.port)).toEqual(['from another source'])
  })

  it('is answered by one system call', async () => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = ({ text, source }) => socket.send(Buffer.from(`answer to ${text}`), source)
    for (const text of numbered(20)) peer.socket.send(text, port, '127.0.0.1')
    expect(await take(peer.inbox, 20)).toEqual(numbered(20).map((text) => `answer to ${text}`))
    expect(calls.taken.reduce((sum, taken) => sum + taken, 0)).toBe(20)
    expect(calls.taken.length).toBeLessThan(20)
  })

  it('runs promises and ticks that a listener has queued, though nothing else happens', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const peer = await newPeer()
    const order: string[] = []
    const done = new Promise<void>((resolve) => {
      const afterPromise = async () => {
        await Promise.resolve()
        order.push('promise')
        resolve()
      }
      listener.react = () => {
        process.nextTick(() => order.push('tick'))
        void afterPromise()
      }
    })
    peer.socket.send('datagram', port, '127.0.0.1')
    await done
    expect(order).toEqual(['tick', 'promise'])
  })

  it('is handed over to its end if its socket closes meanwhile', async () => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = () => void socket.close()
    peer.socket.send('first', port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('first')
    expect(socket.send(Buffer.from('late'), { address: HERE.address, port: peer.port })).toBe(false)
    const again = await sockets.listen({ ...HERE, port }, recordDatagrams())
    opened.push(again.socket)
    expect(again.port).toBe(port)
  })
})

describe('a system that does not take everything', () => {
  const answers = numbered(30)

  /** Sends the answers in one turn, when the first datagram comes. */
  async function answered(prepare: () => void): Promise<{ listener: RecordedDatagrams; peer: NodePeer }> {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = ({ source }) => {
      prepare()
      for (const text of answers) socket.send(Buffer.from(text), source)
    }
    peer.socket.send('question', port, '127.0.0.1')
    return { listener, peer }
  }

  it('takes a part of a batch, and gets the rest', async () => {
    const { peer } = await answered(() => calls.limit(7))
    expect(await take(peer.inbox, 30)).toEqual(answers)
    expect(calls.taken).toEqual([7, 7, 7, 7, 2])
  })

  it('EAGAIN: gets all of them later, in order', async () => {
    const { peer, listener } = await answered(() => calls.fail('sendmmsg', 'EAGAIN', 3))
    expect(await take(peer.inbox, 30)).toEqual(answers)
    expect(listener.errors.size).toBe(0)
  })

  it('EINTR: gets them at once', async () => {
    const { peer } = await answered(() => calls.fail('sendmmsg', 'EINTR', 2))
    expect(await take(peer.inbox, 30)).toEqual(answers)
  })

  it('ENOBUFS: loses one datagram, which is reported with its destination', async () => {
    const { peer, listener } = await answered(() => calls.fail('sendmmsg', 'ENOBUFS'))
    expect(await take(peer.inbox, 29)).toEqual(answers.slice(1))
    expect(await listener.errors.take()).toMatchObject({
      code: 'ENOBUFS',
      to: { address: HERE.address, port: peer.port },
    })
  })

  it('ENOBUFS on a receive: reports it and goes on', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const peer = await newPeer()
    calls.fail('recvmmsg', 'ENOBUFS')
    peer.socket.send('datagram', port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('datagram')
    expect(await listener.errors.take()).toMatchObject({ code: 'ENOBUFS', to: undefined })
  })
})

describe('a system call that stops to work', () => {
  it.each(['recvmmsg', 'sendmmsg'] as const)('%s: node:dgram goes on without a lost datagram', async (call) => {
    const listener = recordDatagrams()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    const backend = await newPeer()
    const connected = connect(port, backend.port, listener)
    listener.react = ({ text, source }) => {
      if (text === 'datagram 5') calls.fail(call, 'ENOSYS', Number.POSITIVE_INFINITY)
      if (source.port === peer.port) {
        socket.send(Buffer.from(`answer to ${text}`), source)
        connected.send(Buffer.from(`relayed ${text}`))
      }
    }
    for (const text of numbered(200)) {
      peer.socket.send(text, port, '127.0.0.1')
      await new Promise((resolve) => setImmediate(resolve))
    }
    const inOrder = (texts: string[]) => texts.sort((a, b) => Number(/\d+$/.exec(a)) - Number(/\d+$/.exec(b)))
    expect(inOrder(await take(peer.inbox, 200))).toEqual(numbered(200).map((text) => `answer to ${text}`))
    expect(inOrder(await take(backend.inbox, 200))).toEqual(numbered(200).map((text) => `relayed ${text}`))
    expect(fallBacks).toEqual(['ENOSYS'])
    expect(sockets.kind).toBe('node')
    backend.socket.send('from the backend', port, '127.0.0.1')
    const last = (await take(listener.inbox, 201)).at(-1)
    expect(last).toMatchObject({ text: 'from the backend', source: { port: backend.port } })
  })

  it('leaves ICMP errors to node:dgram, too', async () => {
    const listener = recordDatagrams()
    const { port } = await listen(listener)
    const gone = await openNodePeer()
    await gone.close()
    const connected = connect(port, gone.port, listener)
    calls.fail('sendmmsg', 'ENOSYS', Number.POSITIVE_INFINITY)
    connected.send(Buffer.from('request'))
    expect(await listener.errors.take()).toMatchObject({ code: 'ECONNREFUSED', to: { port: gone.port } })
    expect(fallBacks).toEqual(['ENOSYS'])
  })
})
