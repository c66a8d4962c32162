/** Datagram sockets of `node:dgram`: one system call for each datagram, on every system. */
import { createSocket, type Socket } from 'node:dgram'
import { DATAGRAM_SOCKET_BUFFER_BYTES, MAX_DATAGRAM_QUEUE_BYTES } from '../../../limits.ts'
import { createRoundCounter } from '../round-counter.ts'
import { createSourceAddresses } from '../source-addresses.ts'
import { listenFailed } from '../transport-error.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSocket, DatagramSockets } from './datagram-sockets.ts'

export const nodeDatagrams: DatagramSockets = { kind: 'node', listen, connect }

const sourceAddress = createSourceAddresses()

interface AdoptedSocket {
  readonly fd: number
  readonly family: 4 | 6
  readonly receiver: DatagramReceiver
  /** Set for a socket that sends to one peer only. */
  readonly remote?: DatagramAddress | undefined
}

/** Takes over a bound descriptor that is not connected. The packets that wait in it are received. */
export function adoptDescriptor({ fd, family, receiver, remote }: AdoptedSocket): DatagramSocket {
  const socket = newSocket(family, true)
  const adopted = new NodeDatagramSocket(socket, receiver, remote)
  socket.bind({ fd, exclusive: true })
  if (remote) socket.connect(remote.port, remote.address.text)
  return adopted
}

/**
 * If another program has a shared socket on this address, our shared socket could take the packets of that program. So an
 * exclusive socket is bound first: it shows whether the port is free, and which port the system chose for port 0.
 */
async function listen(
  at: DatagramAddress,
  receiver: DatagramReceiver,
): Promise<{ readonly socket: DatagramSocket; readonly port: number }> {
  const { address } = at
  const exclusive = await bound(newSocket(address.family, false), at)
  const { port } = exclusive.address()
  await closeSocket(exclusive)
  const socket = await bound(newSocket(address.family, true), { address, port })
  return { socket: new NodeDatagramSocket(socket, receiver), port }
}

function connect(local: DatagramAddress, remote: DatagramAddress, receiver: DatagramReceiver): DatagramSocket {
  const socket = newSocket(remote.address.family, true)
  const connected = new NodeDatagramSocket(socket, receiver, remote)
  socket.bind({ address: local.address.text, port: local.port, exclusive: true })
  if (!connected.closed) socket.connect(remote.port, remote.address.text)
  return connected
}

/** An error that Node reports for one datagram. It contains the datagram's destination. */
interface SendError extends Error {
  readonly address?: string
  readonly port?: number
}

class NodeDatagramSocket implements DatagramSocket {
  readonly #socket: Socket
  readonly #remote: DatagramAddress | undefined
  /** One callback for all sends, so that no closure has to be made for each packet. */
  readonly #onSent: (error: Error | null) => void
  /** Datagrams that wait until the socket is connected. */
  #beforeConnect: Uint8Array[] | undefined
  #closing: Promise<void> | undefined

  constructor(socket: Socket, receiver: DatagramReceiver, remote?: DatagramAddress) {
    this.#socket = socket
    this.#remote = remote
    this.#beforeConnect = remote && []
    this.#onSent = (error) => {
      if (error && !this.#closing) receiver.onError(error, placeOf(error) ?? remote)
    }
    socket.on('error', this.#onSent)
    socket.on('connect', () => this.#onConnect())
    const countRead = createRoundCounter(() => receiver.onFullBatch())
    socket.on('message', (bytes, source) => {
      const address = sourceAddress(source.address)
      // If the source is not an address, the packet is dropped, because it cannot be answered.
      if (address) receiver.onDatagram(bytes, 0, bytes.length, { address, port: source.port })
      countRead()
    })
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  send(bytes: Uint8Array, to?: DatagramAddress): boolean {
    if (this.#closing || this.#socket.getSendQueueSize() > MAX_DATAGRAM_QUEUE_BYTES) return false
    if (this.#beforeConnect) this.#beforeConnect.push(bytes)
    else if (to && !this.#remote) {
      this.#socket.send(bytes, 0, bytes.length, to.port, to.address.text, this.#onSent)
    } else this.#socket.send(bytes, this.#onSent)
    return true
  }

  close(): Promise<void> {
    this.#closing ??= closeSocket(this.#socket)
    return this.#closing
  }

  #onConnect(): void {
    if (this.#closing) return
    for (const bytes of this.#beforeConnect ?? []) this.#socket.send(bytes, this.#onSent)
    this.#beforeConnect = undefined
  }
}

function placeOf({ address: text, port }: SendError): DatagramAddress | undefined {
  const address = text === undefined ? undefined : sourceAddress(text)
  return address && port !== undefined ? { address, port } : undefined
}

/**
 * Every address here is a literal, so no DNS is asked. The callback runs immediately, so that `bind`, `connect` and `send` take
 * effect before they return.
 */
function literalLookup(
  hostname: string,
  family: unknown,
  answer: (error: null, address: string, family: number) => void,
): void {
  answer(null, hostname, family === 6 ? 6 : 4)
}

/**
 * A socket that is not bound yet. A `shared` socket may be bound to the address of another shared socket: a connected socket on
 * the listening port needs that. IPv6 sockets take no IPv4, so that `0.0.0.0` and `::` can both be bound.
 */
function newSocket(family: 4 | 6, shared: boolean): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    reuseAddr: shared,
    lookup: literalLookup,
    recvBufferSize: DATAGRAM_SOCKET_BUFFER_BYTES,
    sendBufferSize: DATAGRAM_SOCKET_BUFFER_BYTES,
  })
}

function bound(socket: Socket, at: DatagramAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.close()
      reject(listenFailed('UDP', at, error))
    }
    socket.once('error', fail)
    socket.bind({ address: at.address.text, port: at.port, exclusive: true }, () => {
      socket.removeListener('error', fail)
      resolve(socket)
    })
  })
}

/** Resolves when the socket is closed. */
function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
