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

/** Every address here is a literal: answering at once makes `bind`, `connect` and `send` act before they return. */
function literalLookup(
  hostname: string,
  family: unknown,
  answer: (error: null, address: string, family: number) => void,
): void {
  answer(null, hostname, family === 6 ? 6 : 4)
}

/**
 * A datagram socket that is not bound yet.
 * `shared`: may be bound where another shared socket is, which is what a connected socket on the listening port needs.
 * IPv6 sockets take no IPv4, so that `0.0.0.0` and `::` can both be bound.
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
 * A bound socket and where it is bound. A shared socket would bind where another program's shared socket is and take
 * its packets, so an exclusive one goes first: it finds out whether the port is free, and which one it is for port 0.
 */
export async function listenDatagrams(at: BindAddress): Promise<{ socket: Socket; endpoint: LocalEndpoint }> {
  const probe = await bindSocket(newDatagramSocket(at.address.family, false), at)
  const { port } = probe.address()
  await closeSocket(probe)
  const socket = await bindSocket(newDatagramSocket(at.address.family, true), { address: at.address, port })
  return { socket, endpoint: { transport: 'UDP', address: at.address, port } }
}

/** Whether so much waits for the system already that a datagram is better lost: whoever sent it sends it again. */
export function isQueueFull(socket: Socket): boolean {
  return socket.getSendQueueSize() > MAX_DATAGRAM_QUEUE_BYTES
}

/** What the system says of one datagram or of the moment, not of the destination. */
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
