/**
 * Which clients may keep a connection to the HTTP side. Probes decide whether the pod lives, so no client may keep another out.
 * A new connection is always accepted; where there are too many, one of the address that has most is closed.
 */
import type { Socket } from 'node:net'
import {
  ANSWER_TIMEOUT_MS,
  MAX_ANSWERS,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_PIPELINED_REQUESTS,
  WAIT_TIMEOUT_MS,
} from './limits.ts'

export interface HttpConnections {
  /** Enters a new connection. Where its address, or all addresses together, have too many, an older one is closed. */
  enter(socket: Socket): void
  /**
   * The headers of a request have come. False: an earlier request is still being answered, so this one gets no answer. RFC 9112
   * §9.3.2: a client that sends several at once has to expect that the connection closes after the first.
   */
  begin(socket: Socket): boolean
  /** The answer was sent, or the client has gone. */
  end(socket: Socket): void
  /** Closes connections that have waited, or have been taking their answer, for too long. To be called regularly. */
  sweep(): void
}

interface Connection {
  readonly socket: Socket
  readonly address: string
  /** Whether a request is being answered; otherwise the connection waits for one. */
  answering: boolean
  /** Requests that came while another was being answered. */
  pipelined: number
  /** When the connection began to wait, or when its request came. */
  since: number
}

/** Connections in the order of their arrival, oldest first. */
type Entered = Map<Socket, Connection>

/** `now`: monotonic milliseconds. */
export function createHttpConnections(now: () => number): HttpConnections {
  const all: Entered = new Map()
  const byAddress = new Map<string, Entered>()
  const close = ({ socket, address }: Connection): void => {
    leave(socket, address)
    socket.destroy()
  }
  const leave = (socket: Socket, address: string): void => {
    all.delete(socket)
    const ofAddress = byAddress.get(address)
    ofAddress?.delete(socket)
    if (ofAddress?.size === 0) byAddress.delete(address)
  }
  return {
    enter: (socket) => {
      const address = socket.remoteAddress ?? ''
      const ofAddress = byAddress.get(address) ?? new Map()
      if (ofAddress.size >= MAX_CONNECTIONS_PER_ADDRESS) close(leastMissed(ofAddress))
      else if (all.size >= MAX_CONNECTIONS) close(leastMissed(largest(byAddress)))
      const connection = { socket, address, answering: false, pipelined: 0, since: now() }
      all.set(socket, connection)
      ofAddress.set(socket, connection)
      byAddress.set(address, ofAddress)
      socket.once('close', () => leave(socket, address))
    },
    begin: (socket) => {
      const connection = all.get(socket)
      if (!connection) return false
      if (connection.answering) {
        connection.pipelined++
        if (connection.pipelined > MAX_PIPELINED_REQUESTS) close(connection)
        return false
      }
      const answering = [...all.values()].filter((other) => other.answering)
      if (answering.length >= MAX_ANSWERS) close(oldestOfLargest(answering))
      connection.answering = true
      connection.since = now()
      return true
    },
    end: (socket) => {
      const connection = all.get(socket)
      if (!connection) return
      connection.answering = false
      connection.since = now()
      if (connection.pipelined > 0) socket.destroySoon()
    },
    sweep: () => {
      for (const connection of all.values()) {
        const limit = connection.answering ? ANSWER_TIMEOUT_MS : WAIT_TIMEOUT_MS
        if (now() - connection.since >= limit) close(connection)
      }
    },
  }
}

/** The oldest connection that waits. Where all are being answered, the oldest of them, because it is the slowest. */
function leastMissed(connections: Entered): Connection {
  let oldest: Connection | undefined
  for (const connection of connections.values()) {
    if (!connection.answering) return connection
    oldest ??= connection
  }
  if (!oldest) throw new Error('an address without connections is not kept')
  return oldest
}

/** The connections of the address that has most of them; of several such addresses, the first. */
function largest(byAddress: ReadonlyMap<string, Entered>): Entered {
  let most: Entered = new Map()
  for (const connections of byAddress.values()) if (connections.size > most.size) most = connections
  return most
}

/** The oldest connection of the address that has most of them. */
function oldestOfLargest(connections: readonly Connection[]): Connection {
  const byAddress = new Map<string, Entered>()
  for (const connection of connections) {
    const ofAddress = byAddress.get(connection.address) ?? new Map()
    byAddress.set(connection.address, ofAddress.set(connection.socket, connection))
  }
  return leastMissed(largest(byAddress))
}
