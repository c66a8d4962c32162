import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createBatchedDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/batched-datagrams.ts'
import type {
  DatagramAddress,
  DatagramReceiver,
  DatagramSocket,
  DatagramSockets,
} from '../../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { checkBatched } from '../../../../../../../ingress/sip/native/transport/datagram/start-check.ts'
import { addressOf, codeOf, Inbox } from '../recorded-events.ts'
import { type FaultyCalls, faultyCalls } from './faulty-calls.ts'

interface Received {
  readonly text: string
  readonly source: DatagramAddress
}

interface Listener extends DatagramReceiver {
  readonly inbox: Inbox<Received>
  readonly errors: Inbox<{ readonly code: unknown; readonly to: DatagramAddress | undefined }>
  /** Called with every datagram, while its bytes are valid. */
  react: (received: Received) => void
}

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

function newListener(): Listener {
  const listener: Listener = {
    inbox: new Inbox(),
    errors: new Inbox(),
    react: () => undefined,
    onDatagram: (bytes, offset, length, source) => {
      const received = { text: bytes.toString('latin1', offset, offset + length), source }
      listener.react(received)
      listener.inbox.put(received)
    },
    onFullBatch: () => undefined,
    onError: (error, to) => listener.errors.put({ code: codeOf(error), to }),
  }
  return listener
}

async function listen(listener: Listener): Promise<{ socket: DatagramSocket; port: number }> {
  const bound = await sockets.listen(HERE, listener)
  opened.push(bound.socket)
  return bound
}

function connect(local: number, remote: number, listener: Listener): DatagramSocket {
  const at = (port: number) => ({ address: HERE.address, port })
  const socket = sockets.connect(at(local), at(remote), listener)
  opened.push(socket)
  return socket
}

/** A peer with a socket of Node. */
async function newPeer(): Promise<{ socket: Socket; port: number; inbox: Inbox<string> }> {
  const socket = createSocket('udp4')
  const inbox = new Inbox<string>()
  socket.on('message', (bytes) => inbox.put(bytes.toString('latin1')))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  opened.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) })
  return { socket, port: socket.address().port, inbox }
}

async function take<T>(inbox: Inbox<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) taken.push(await inbox.take())
  return taken
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `datagram ${i}`)

describe('a batch of datagrams', () => {
  it('comes whole and in order, from each source with its address', async () => {
    const listener = newListener()
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
    const listener = newListener()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = ({ text, source }) => socket.send(Buffer.from(`answer to ${text}`), source)
    for (const text of numbered(20)) peer.socket.send(text, port, '127.0.0.1')
    expect(await take(peer.inbox, 20)).toEqual(numbered(20).map((text) => `answer to ${text}`))
    expect(calls.taken.reduce((sum, taken) => sum + taken, 0)).toBe(20)
    expect(calls.taken.length).toBeLessThan(20)
  })

  it('runs promises and ticks that a listener has queued, though nothing else happens', async () => {
    const listener = newListener()
    const { port } = await listen(listener)
    const peer = await newPeer()
    const order: string[] = []
    const done = new Promise<void>((resolve) => {
      listener.react = () => {
        process.nextTick(() => order.push('tick'))
        void Promise.resolve().then(() => {
          order.push('promise')
          resolve()
        })
      }
    })
    peer.socket.send('datagram', port, '127.0.0.1')
    await done
    expect(order).toEqual(['tick', 'promise'])
  })

  it('is handed over to its end if its socket closes meanwhile', async () => {
    const listener = newListener()
    const { socket, port } = await listen(listener)
    const peer = await newPeer()
    listener.react = () => void socket.close()
    peer.socket.send('first', port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('first')
    expect(socket.send(Buffer.from('late'), { address: HERE.address, port: peer.port })).toBe(false)
    const again = await sockets.listen({ ...HERE, port }, newListener())
    opened.push(again.socket)
    expect(again.port).toBe(port)
  })
})

describe('a system that does not take everything', () => {
  const answers = numbered(30)

  /** Sends the answers in one turn, when the first datagram comes. */
  async function answered(
    prepare: () => void,
  ): Promise<{ listener: Listener; peer: Awaited<ReturnType<typeof newPeer>> }> {
    const listener = newListener()
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
    expect(await listener.errors.take()).toEqual({ code: 'ENOBUFS', to: { address: HERE.address, port: peer.port } })
  })

  it('ENOBUFS on a receive: reports it and goes on', async () => {
    const listener = newListener()
    const { port } = await listen(listener)
    const peer = await newPeer()
    calls.fail('recvmmsg', 'ENOBUFS')
    peer.socket.send('datagram', port, '127.0.0.1')
    expect((await listener.inbox.take()).text).toBe('datagram')
    expect(await listener.errors.take()).toEqual({ code: 'ENOBUFS', to: undefined })
  })
})

describe('a system call that stops to work', () => {
  it.each(['recvmmsg', 'sendmmsg'] as const)('%s: node:dgram goes on without a lost datagram', async (call) => {
    const listener = newListener()
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
    const listener = newListener()
    const { port } = await listen(listener)
    const gone = await newPeer()
    gone.socket.close()
    opened.pop()
    const connected = connect(port, gone.port, listener)
    calls.fail('sendmmsg', 'ENOSYS', Number.POSITIVE_INFINITY)
    connected.send(Buffer.from('request'))
    expect(await listener.errors.take()).toMatchObject({ code: 'ECONNREFUSED', to: { port: gone.port } })
    expect(fallBacks).toEqual(['ENOSYS'])
  })
})

describe('the check at the start', () => {
  it('passes on this machine', async () => {
    await checkBatched(sockets)
    expect(fallBacks).toEqual([])
  })

  it('fails where datagrams do not arrive as they were sent', async () => {
    const { sendmmsg } = calls
    const cutting = {
      ...calls,
      sendmmsg: (fd: number, messages: number, _count: number, flags: number) => sendmmsg(fd, messages, 1, flags) && 4,
    }
    const broken = createBatchedDatagrams(cutting, (code) => fallBacks.push(code))
    await expect(checkBatched(broken)).rejects.toThrow('127.0.0.1')
  })
})
