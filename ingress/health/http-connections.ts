/**
 * Decides which clients may have a connection to the HTTP server. No client may lock another client out, because a probe
 * without an answer lets the kubelet restart the pod. So a new connection is always accepted. If there are too many
 * connections, one is closed: a connection of the address that has most of them.
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
  /**
   * Adds a new connection. If its address already has too many connections, one of them is closed. If all addresses
   * together have too many, a connection of the address that has most of them is closed.
   */
  enter(socket: Socket): void
  /**
   * Called when the headers of a request have come. Returns false if an earlier request is still being answered. The new
   * request then gets no answer. A client that sends several requests at once must expect that the connection closes after
   * the first answer (RFC 9112 §9.3.2).
   */
  begin(socket: Socket): boolean
  /** Called when the answer was sent, or when the client has closed the connection. */
  end(socket: Socket): void
  /** Closes connections that have waited too long: for a request, or for the end of their answer. Must be called regularly. */
  sweep(): void
}

interface Connection {
  readonly socket: Socket
  readonly address: string
  /** Whether a request is being answered. While false, the connection waits for a request. */
  answering: boolean
  /** Requests that came while another request was being answered. */
  pipelined: number
  /** When the connection began to wait. If `answering`: when the request came that is being answered. */
  since: number
}

/** Connections in the order of their arrival, oldest first. */
type Entered = Map<Socket, Connection>

/** Creates the list of connections. `now` returns monotonic milliseconds. */
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

/**
 * The connection that is closed first: the oldest one that waits for a request. If none waits, the oldest of all, because
 * its client is the slowest.
 */
function leastMissed(connections: Entered): Connection {
  let oldest: Connection | undefined
  for (const connection of connections.values()) {
    if (!connection.answering) return connection
    oldest ??= connection
  }
  if (!oldest) throw new Error('an address without connections is not kept')
  return oldest
}

/**
 * The connections of the address that has most of them. If several addresses have equally many, the first of these
 * addresses.
 */
function largest(byAddress: ReadonlyMap<string, Entered>): Entered {
  let most: Entered = new Map()
  for (const connections of byAddress.values()) if (connections.size > most.size) most = connections
  return most
}

/** The connection to close. It belongs to the address that has most connections. */
function oldestOfLargest(connections: readonly Connection[]): Connection {
  const byAddress = new Map<string, Entered>()
  for (const connection of connections) {
    const ofAddress = byAddress.get(connection.address) ?? new Map()
    byAddress.set(connection.address, ofAddress.set(connection.socket, connection))
  }
  return leastMissed(largest(byAddress))
}
