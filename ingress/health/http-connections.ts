/**
 * Who may hold a connection to the HTTP side. Probes decide whether the pod lives, so no client may keep another out: a
 * newcomer is always taken, and what there is too much of is closed, from whoever has most.
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
  /** A new connection: at the cost of an older one where its address has too many, or all together. */
  enter(socket: Socket): void
  /**
   * The headers of a request have come. False: another is being answered still, so this one gets no answer. RFC 9112
   * §9.3.2: a client that sends several at once has to expect that the connection closes after the first.
   */
  begin(socket: Socket): boolean
  /** The answer is out, or nobody takes it any more. */
  end(socket: Socket): void
  /** Closes what has waited, or taken its answer, for too long. To be called again and again. */
  sweep(): void
}

interface Connection {
  readonly socket: Socket
  readonly address: string
  /** Whether a request is being answered; else one is waited for. */
  answering: boolean
  /** Requests that came while another was being answered. */
  pipelined: number
  /** When it began to wait, or its request had come. */
  since: number
}

/** Connections in the order in which they came, oldest first. */
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

/** The oldest that waits; where every one is being answered, the oldest of those: it is the one that takes its time. */
function leastMissed(connections: Entered): Connection {
  let oldest: Connection | undefined
  for (const connection of connections.values()) {
    if (!connection.answering) return connection
    oldest ??= connection
  }
  if (!oldest) throw new Error('an address without connections is not kept')
  return oldest
}

/** Of the address that holds most, the first of those where several hold as many. */
function largest(byAddress: ReadonlyMap<string, Entered>): Entered {
  let most: Entered = new Map()
  for (const connections of byAddress.values()) if (connections.size > most.size) most = connections
  return most
}

/** The oldest of the address that has most of them. */
function oldestOfLargest(connections: readonly Connection[]): Connection {
  const byAddress = new Map<string, Entered>()
  for (const connection of connections) {
    const ofAddress = byAddress.get(connection.address) ?? new Map()
    byAddress.set(connection.address, ofAddress.set(connection.socket, connection))
  }
  return leastMissed(largest(byAddress))
}
