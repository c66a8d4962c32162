import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type {
  DatagramAddress,
  DatagramReceiver,
} from '../../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { codeOf, Inbox } from '../recorded-events.ts'

export interface Received {
  readonly text: string
  readonly source: DatagramAddress
}

export interface RecordedDatagrams extends DatagramReceiver {
  readonly inbox: Inbox<Received>
  readonly errors: Inbox<{
    readonly code: unknown
    readonly message: string
    readonly to: DatagramAddress | undefined
  }>
  /** Called with every datagram, while its bytes are valid. */
  react: (received: Received) => void
}

export function recordDatagrams(): RecordedDatagrams {
  const recorded: RecordedDatagrams = {
    inbox: new Inbox(),
    errors: new Inbox(),
    react: () => undefined,
    onDatagram: (bytes, offset, length, source) => {
      const received = { text: bytes.toString('latin1', offset, offset + length), source }
      recorded.react(received)
      recorded.inbox.put(received)
    },
    onFullBatch: () => undefined,
    onError: (error, to) => recorded.errors.put({ code: codeOf(error), message: error.message, to }),
  }
  return recorded
}

export interface NodePeer {
  readonly socket: Socket
  readonly port: number
  readonly inbox: Inbox<string>
  close(): Promise<void>
}

/** A peer with a socket of Node. */
export async function openNodePeer(address = '127.0.0.1', port = 0): Promise<NodePeer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const inbox = new Inbox<string>()
  socket.on('message', (bytes) => inbox.put(bytes.toString('latin1')))
  socket.bind(port, address)
  await once(socket, 'listening')
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()))
  return { socket, port: socket.address().port, inbox, close }
}

export async function take<T>(inbox: Inbox<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) taken.push(await inbox.take())
  return taken
}

export const numbered = (count: number) => Array.from({ length: count }, (_, i) => `datagram ${i}`)
