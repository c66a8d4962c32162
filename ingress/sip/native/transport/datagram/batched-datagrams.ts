/** Datagram sockets that receive with `recvmmsg` and send with `sendmmsg`, so that one system call serves many datagrams. */
import { DATAGRAM_SOCKET_BUFFER_BYTES } from '../../../limits.ts'
import { listenFailed } from '../transport-error.ts'
import { BatchedSocket, type Batches } from './batched-socket.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSocket, DatagramSockets } from './datagram-sockets.ts'
import { nodeDatagrams } from './node-datagrams.ts'
import { createPollHandles } from './poll-handles.ts'
import { createReceiveBatch } from './receive-batch.ts'
import { createSendBatch } from './send-batch.ts'
import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from './socket-address.ts'
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  type SystemCalls,
} from './system-calls.ts'
import { systemError } from './system-error.ts'

/**
 * `onFallBack` is called at most once, when a system call does not work as it must. From then on, `node:dgram` does the work.
 * No datagram is lost by the change, because the descriptors stay the same.
 */
export function createBatchedDatagrams(calls: SystemCalls, onFallBack: (code: string) => void): DatagramSockets {
  let isBroken = false
  const batches: Batches = {
    calls,
    polls: createPollHandles(calls),
    incoming: createReceiveBatch(calls),
    outgoing: createSendBatch(calls),
    open: new Set(),
    onBroken: (code) => {
      if (isBroken) return
      isBroken = true
      for (const socket of [...batches.open]) socket.handOver()
      onFallBack(code)
    },
  }
  return {
    get kind() {
      return isBroken ? 'node' : 'batched'
    },
    together: (work) => batches.outgoing.turn(work),
    listen: async (at, receiver) => (isBroken ? nodeDatagrams.listen(at, receiver) : listen(batches, at, receiver)),
    connect: (local, remote, receiver) =>
      isBroken ? nodeDatagrams.connect(local, remote, receiver) : connect(batches, local, remote, receiver),
  }
}

/**
 * If another program has a shared socket on this address, our shared socket could take the packets of that program. So an
 * exclusive socket is bound first: it shows whether the port is free, and which port the system chose for port 0.
 */
function listen(
  batches: Batches,
  at: DatagramAddress,
  receiver: DatagramReceiver,
): { socket: DatagramSocket; port: number } {
  const { calls } = batches
  const { family } = at.address
  try {
    const exclusive = boundDescriptor(calls, at, false)
    const port = portOf(calls, exclusive)
    calls.close(exclusive)
    const fd = boundDescriptor(calls, { address: at.address, port }, true)
    return { socket: new BatchedSocket({ batches, fd, family, receiver }), port }
  } catch (error) {
    throw error instanceof Error ? listenFailed('UDP', at, error) : error
  }
}

function connect(
  batches: Batches,
  local: DatagramAddress,
  remote: DatagramAddress,
  receiver: DatagramReceiver,
): DatagramSocket {
  const { calls } = batches
  try {
    const fd = boundDescriptor(calls, local, true)
    connectDescriptor(calls, fd, remote)
    return new BatchedSocket({ batches, fd, family: remote.address.family, receiver, remote })
  } catch (error) {
    receiver.onError(error instanceof Error ? error : new Error(String(error)), remote)
    return CLOSED
  }
}

const CLOSED: DatagramSocket = { send: () => false, close: () => Promise.resolve() }

/** IPv6 sockets take no IPv4, so that `0.0.0.0` and `::` can both be bound. */
function boundDescriptor(calls: SystemCalls, at: DatagramAddress, shared: boolean): number {
  const isV6 = at.address.family === 6
  const fd = calls.socket(isV6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw systemError(calls.errorCode(), 'socket')
  const options: [number, number, number][] = [
    [SOL_SOCKET, SO_RCVBUF, DATAGRAM_SOCKET_BUFFER_BYTES],
    [SOL_SOCKET, SO_SNDBUF, DATAGRAM_SOCKET_BUFFER_BYTES],
    ...(shared ? [[SOL_SOCKET, SO_REUSEADDR, 1] as [number, number, number]] : []),
    ...(isV6 ? [[IPPROTO_IPV6, IPV6_V6ONLY, 1] as [number, number, number]] : []),
  ]
  for (const [level, name, value] of options) calls.setsockopt(fd, level, name, intBytes(value), 4)
  const name = Buffer.alloc(SOCKET_ADDRESS_BYTES)
  if (calls.bind(fd, name, writeSocketAddress(name, 0, at)) === 0) return fd
  throw closedFor(calls, fd, 'bind')
}

function connectDescriptor(calls: SystemCalls, fd: number, remote: DatagramAddress): void {
  const name = Buffer.alloc(SOCKET_ADDRESS_BYTES)
  if (calls.connect(fd, name, writeSocketAddress(name, 0, remote)) !== 0) throw closedFor(calls, fd, 'connect')
}

/** Closes the descriptor, and returns the error of the system call that failed before. */
function closedFor(calls: SystemCalls, fd: number, call: string): Error {
  const error = systemError(calls.errorCode(), call)
  calls.close(fd)
  return error
}

function portOf(calls: SystemCalls, fd: number): number {
  const name = Buffer.alloc(SOCKET_ADDRESS_BYTES)
  if (calls.getsockname(fd, name, intBytes(name.length)) !== 0) throw closedFor(calls, fd, 'getsockname')
  return name.readUInt16BE(2)
}

function intBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
