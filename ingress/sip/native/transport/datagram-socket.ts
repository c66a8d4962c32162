import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { IpAddress } from '../../../address/ip-address.ts'
import { DATAGRAM_SOCKET_BUFFER_BYTES, MAX_DATAGRAM_QUEUE_BYTES } from '../../limits.ts'
import type { LocalEndpoint } from './transport.ts'
import { listenFailed } from './transport-error.ts'

export type ReceiveDatagram = (bytes: Buffer, source: RemoteInfo) => void

interface BindAddress {
  readonly address: IpAddress
  readonly port: number
}

/**
 * Replaces the lookup of Node. Every address here is an IP address, so DNS is never needed. The callback runs immediately, so
 * that `bind`, `connect` and `send` take effect before they return.
 */
function literalLookup(
  hostname: string,
  family: unknown,
  answer: (error: null, address: string, family: number) => void,
): void {
  answer(null, hostname, family === 6 ? 6 : 4)
}

/**
 * Makes a datagram socket that is not bound yet. Two `shared` sockets may be bound to one address and port; a connected socket
 * needs that, because it uses the listening port. IPv6 sockets take no IPv4 packets, so that `0.0.0.0` and `::` can both be
 * bound.
 */
export function newDatagramSocket(family: 4 | 6, shared: boolean): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    reuseAddr: shared,
    lookup: literalLookup,
    recvBufferSize: DATAGRAM_SOCKET_BUFFER_BYTES,
    sendBufferSize: DATAGRAM_SOCKET_BUFFER_BYTES,
  })
}

/**
 * Gives a bound socket and its address. The socket is shared, so the system would let us bind the port of another program's
 * shared socket, and we would take its packets. So an exclusive socket is bound first. It fails if the port is in use, and for
 * port 0 it shows the port that the system chose.
 */
export async function listenDatagrams(at: BindAddress): Promise<{ socket: Socket; endpoint: LocalEndpoint }> {
  const probe = await bindSocket(newDatagramSocket(at.address.family, false), at)
  const { port } = probe.address()
  await closeSocket(probe)
  const socket = await bindSocket(newDatagramSocket(at.address.family, true), { address: at.address, port })
  return { socket, endpoint: { transport: 'UDP', address: at.address, port } }
}

/** Whether too many bytes already wait to be sent. If so, the datagram is not sent. Its sender repeats it later. */
export function isQueueFull(socket: Socket): boolean {
  return socket.getSendQueueSize() > MAX_DATAGRAM_QUEUE_BYTES
}

/** Errors that concern only one datagram, or come from a short lack of memory. They say nothing about the destination. */
const PASSING_ERRORS: ReadonlySet<unknown> = new Set(['EMSGSIZE', 'ENOBUFS', 'ENOMEM', 'EAGAIN'])

/** Whether an error of a send means that the destination cannot be reached. */
export function concernsDestination(error: Error): boolean {
  return !('code' in error && PASSING_ERRORS.has(error.code))
}

/** Resolves when the socket is closed. */
export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}

function bindSocket(socket: Socket, at: BindAddress): Promise<Socket> {
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
