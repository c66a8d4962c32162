import { connect, createServer, type Server, type Socket } from 'node:net'
import { type IpAddress, isUnspecified } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import { type ConnectionCounts, createConnectionCounts, type Standing } from './connection-counts.ts'
import { guardEvents } from './guarded-events.ts'
import { chooseLocal, isPort } from './local-endpoint.ts'
import { createRoundCounter } from './round-counter.ts'
import { createSourceAddresses, type SourceAddresses } from './source-addresses.ts'
import { TcpConnection } from './tcp-connection.ts'
import type {
  Destination,
  LocalEndpoint,
  SendOptions,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts'
import { listenFailed, TransportError, unsendable } from './transport-error.ts'
import { failSoon } from './unconfirmed-requests.ts'

interface StreamListener {
  readonly server: Server
  readonly endpoint: LocalEndpoint
}

interface TcpState {
  readonly events: TransportEvents
  readonly clock: Clock
  readonly sourceAddresses: SourceAddresses
  readonly counts: ConnectionCounts
  readonly listeners: StreamListener[]
  readonly connections: Set<TcpConnection>
  /** The connection to use for a remote address and port. We or the peer may have opened it. */
  readonly byRemote: Map<string, TcpConnection>
  closed: boolean
}

/** SIP over TCP. We or the peer may open a connection. A connection is used for all messages to its remote address and port. */
export function createTcpTransport({ events, clock }: TransportOptions): Transport {
  const state: TcpState = {
    events: countedEvents(guardEvents(events)),
    clock,
    sourceAddresses: createSourceAddresses(),
    counts: createConnectionCounts(),
    listeners: [],
    connections: new Set(),
    byRemote: new Map(),
    closed: false,
  }
  return {
    name: 'TCP',
    get local() {
      return state.listeners.map((listener) => listener.endpoint)
    },
    bind: (listen) => bind(state, listen),
    sendRequest: (bytes, to, options) => sendRequest(state, bytes, to, options),
    connectedTo: (address, port) => state.byRemote.get(remoteKey(address, port))?.takesRequests ?? false,
    close: () => close(state),
  }
}

/** All connections are counted together, because each of them may bring one message in each round. */
function countedEvents(events: TransportEvents): TransportEvents {
  const countRead = createRoundCounter(() => events.onFullBatch())
  return {
    ...events,
    onMessage: (bytes, offset, length, flow) => {
      events.onMessage(bytes, offset, length, flow)
      countRead()
    },
  }
}

async function bind(state: TcpState, at: { address: IpAddress; port: number }): Promise<LocalEndpoint> {
  // A peer may end its sending direction and still wait for the answer. So we decide when such a connection ends, not Node.
  const server = createServer({ noDelay: true, allowHalfOpen: true })
  const port = await listen(server, at)
  const endpoint: LocalEndpoint = { transport: 'TCP', address: at.address, port }
  if (state.closed) {
    await closeServer(server)
    throw new TransportError('transport-closed', 'the transport was closed while it was binding')
  }
  server.on('error', (error) => state.events.onFault('stream-listener-failed', error.message))
  server.on('connection', (socket) => accept(state, endpoint, socket))
  state.listeners.push({ server, endpoint })
  return endpoint
}

function listen(server: Server, at: { address: IpAddress; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(listenFailed('TCP', at, error))
    server.once('error', fail)
    // IPv6 listeners take no IPv4 connections, so that `0.0.0.0` and `::` can both be bound.
    server.listen({ host: at.address.text, port: at.port, ipv6Only: at.address.family === 6, exclusive: true }, () => {
      server.removeListener('error', fail)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : at.port)
    })
  })
}

function accept(state: TcpState, local: LocalEndpoint, socket: Socket): void {
  const remoteAddress = state.sourceAddresses(socket.remoteAddress ?? '')
  const remotePort = socket.remotePort
  if (!remoteAddress || remotePort === undefined || state.closed) {
    // The peer closed the connection before we accepted it, or our transport is already closed.
    socket.destroy()
    return
  }
  const standing: Standing = state.events.isKnown(remoteAddress, remotePort) ? 'peer' : 'stranger'
  if (state.counts.enter(standing, remoteAddress.text))
    adopt(state, { socket, standing, remoteAddress, remotePort, local })
  else socket.destroy()
}

type Adopted = Pick<
  ConstructorParameters<typeof TcpConnection>[0],
  'socket' | 'standing' | 'remoteAddress' | 'remotePort' | 'local'
>

function adopt(state: TcpState, adopted: Adopted): TcpConnection {
  const key = remoteKey(adopted.remoteAddress, adopted.remotePort)
  const { events, clock, counts } = state
  const connection = new TcpConnection({
    ...adopted,
    events,
    clock,
    counts,
    onClosed: (closed) => {
      state.connections.delete(closed)
      if (state.byRemote.get(key) === closed) state.byRemote.delete(key)
    },
  })
  state.connections.add(connection)
  state.byRemote.set(key, connection)
  return connection
}

function sendRequest(state: TcpState, bytes: Uint8Array, to: Destination, options: SendOptions): void {
  const { via } = options
  const named = via instanceof TcpConnection && via.takesRequests ? via : undefined
  const open = named ?? state.byRemote.get(remoteKey(to.address, to.port))
  // RFC 3261 §18: an open connection is used again for later requests.
  const connection = open?.takesRequests ? open : openConnection(state, to)
  if (connection instanceof TcpConnection) connection.request(bytes, options)
  else failSoon(options, connection, state.events)
}

function openConnection(state: TcpState, to: Destination): TcpConnection | TransportError {
  if (state.closed) return unsendable('transport-closed', to)
  if (!isPort(to.port)) return unsendable('bad-port', to)
  const local = chooseLocal(state.listeners, to.address)?.endpoint
  if (!local) return unsendable('no-listener', to)
  if (!state.counts.enter('opened', to.address.text)) return unsendable('too-many-streams', to)
  const socket = connect({
    host: to.address.text,
    port: to.port,
    noDelay: true,
    allowHalfOpen: true,
    ...(isUnspecified(local.address) ? {} : { localAddress: local.address.text }),
  })
  return adopt(state, { socket, standing: 'opened', remoteAddress: to.address, remotePort: to.port, local })
}

async function close(state: TcpState): Promise<void> {
  state.closed = true
  const listening = state.listeners.splice(0).map(({ server }) => closeServer(server))
  const connected = [...state.connections].map((connection) => connection.shutDown())
  await Promise.all([...listening, ...connected])
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function remoteKey(address: IpAddress, port: number): string {
  return `${address.text} ${port}`
}
