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
 * Makes a datagram socket that is not bound yet. A `shared` socket may be bound to the address of another shared socket: a
 * connected socket on the listening port needs that. IPv6 sockets take no IPv4, so that `0.0.0.0` and `::` can both be bound.
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
 * A bound socket and its address. A shared socket could be bound to the address of another program's shared socket and take its
 * packets. So an exclusive socket is bound first: it shows whether the port is free, and which port the system chose for port
 * 0.
 */
export async function listenDatagrams(at: BindAddress): Promise<{ socket: Socket; endpoint: LocalEndpoint }> {
  const probe = await bindSocket(newDatagramSocket(at.address.family, false), at)
  const { port } = probe.address()
  await closeSocket(probe)
  const socket = await bindSocket(newDatagramSocket(at.address.family, true), { address: at.address, port })
  return { socket, endpoint: { transport: 'UDP', address: at.address, port } }
}

/** Whether too many bytes already wait to be sent. Then it is better to lose a datagram, because its sender repeats it. */
export function isQueueFull(socket: Socket): boolean {
  return socket.getSendQueueSize() > MAX_DATAGRAM_QUEUE_BYTES
}

/** Errors of one datagram, or of a moment in which the system lacks memory. They say nothing about the destination. */
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
