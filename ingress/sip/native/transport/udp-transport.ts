import type { RemoteInfo, Socket } from 'node:dgram'
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import { MAX_CONNECTED_DATAGRAM_SOCKETS, MAX_DATAGRAM_BYTES } from '../../limits.ts'
import { ConnectedDatagramSocket } from './connected-datagram-socket.ts'
import { closeSocket, concernsDestination, isQueueFull, listenDatagrams } from './datagram-socket.ts'
import { guardEvents } from './guarded-events.ts'
import { chooseLocal, isPort } from './local-endpoint.ts'
import { createSourceAddresses, type SourceAddresses } from './source-addresses.ts'
import type {
  Destination,
  Flow,
  LocalEndpoint,
  SendOptions,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts'
import { TransportError, unsendable } from './transport-error.ts'
import { failSoon } from './unconfirmed-requests.ts'

interface DatagramListener {
  readonly socket: Socket
  readonly endpoint: LocalEndpoint
  /** All sends of the socket share this callback. The error itself names the destination of the datagram. */
  readonly onSent: (error: Error | null) => void
  closed: boolean
}

interface UdpState {
  readonly events: TransportEvents
  readonly clock: Clock
  readonly sourceAddresses: SourceAddresses
  readonly listeners: DatagramListener[]
  /** The connected sockets. The key is the local and the remote address and port. */
  readonly connected: Map<string, ConnectedDatagramSocket>
  closed: boolean
}

/**
 * SIP over UDP: one socket for each listen address, and one for each destination in use (see `ConnectedDatagramSocket`).
 * Requests are sent from a listening address and port, so their answers come back to that port, with or without rport (RFC
 * 3581).
 */
export function createUdpTransport({ events, clock }: TransportOptions): Transport {
  const state: UdpState = {
    events: guardEvents(events),
    clock,
    sourceAddresses: createSourceAddresses(),
    listeners: [],
    connected: new Map(),
    closed: false,
  }
  return {
    name: 'UDP',
    get local() {
      return state.listeners.map((listener) => listener.endpoint)
    },
    bind: (listen) => bind(state, listen),
    sendRequest: (bytes, to, options) => sendRequest(state, bytes, to, options),
    connectedTo: () => false,
    close: () => close(state),
  }
}

/** The flow of a datagram. One object is made for each packet, so everything that the objects share is on the prototype. */
class DatagramFlow implements Flow {
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly #listener: DatagramListener

  constructor(listener: DatagramListener, remoteAddress: IpAddress, remotePort: number) {
    this.#listener = listener
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
  }

  get transport(): 'UDP' {
    return 'UDP'
  }

  get local(): LocalEndpoint {
    return this.#listener.endpoint
  }

  get open(): boolean {
    return true
  }

  // RFC 3581 §4: a response is sent from the address and port at which its request was received.
  send(bytes: Uint8Array, port: number = this.remotePort): boolean {
    return isPort(port) && sendDatagram(this.#listener, bytes, this.remoteAddress, port)
  }

  sendOnce(bytes: Uint8Array, port?: number): boolean {
    return this.send(bytes, port)
  }

  close(): void {
    // A datagram has nothing to close.
  }

  hold(): void {
    // A datagram has nothing to hold.
  }

  release(): void {
    // A datagram has nothing to release.
  }
}

async function bind(state: UdpState, listen: { address: IpAddress; port: number }): Promise<LocalEndpoint> {
  const { socket, endpoint } = await listenDatagrams(listen)
  if (state.closed) {
    await closeSocket(socket)
    throw new TransportError('transport-closed', 'the transport was closed while it was binding')
  }
  const onSent = (error: Error | null) => {
    if (error) reportUnsent(state, error)
  }
  const listener: DatagramListener = { socket, endpoint, onSent, closed: false }
  socket.on('error', (error) => state.events.onFault('datagram-socket-failed', error.message))
  socket.on('message', (bytes, source) => receive(state, listener, bytes, source))
  state.listeners.push(listener)
  return endpoint
}

function receive(state: UdpState, listener: DatagramListener, bytes: Buffer, source: RemoteInfo): void {
  const address = state.sourceAddresses(source.address)
  // If the source text is not an IP address, nobody can answer the packet, so it is dropped.
  if (!address) return
  state.events.onMessage(bytes, 0, bytes.length, new DatagramFlow(listener, address, source.port))
}

function sendRequest(state: UdpState, bytes: Uint8Array, to: Destination, options: SendOptions): void {
  const listener = listenerFor(state, bytes, to, options.via)
  if (listener instanceof TransportError) {
    failSoon(options.onFailure, listener, state.events)
    return
  }
  const connected = connectedSocket(state, listener, to)
  if (connected) connected.send(bytes, options.onFailure)
  else if (!sendDatagram(listener, bytes, to.address, to.port)) {
    failSoon(options.onFailure, unsendable('datagram-queue-full', to), state.events)
  }
}

/**
 * Chooses the listener to send from. With `via`, this is the listener of `via`, because a peer behind NAT gets packets only
 * from that address. Without `via`, it is the listener that most likely has a route to the destination.
 */
function listenerFor(
  state: UdpState,
  bytes: Uint8Array,
  to: Destination,
  via: Flow | undefined,
): DatagramListener | TransportError {
  if (state.closed) return unsendable('transport-closed', to)
  if (!isPort(to.port)) return unsendable('bad-port', to)
  if (bytes.length > MAX_DATAGRAM_BYTES) return unsendable('datagram-too-large', to)
  const sameWay = state.listeners.find(
    ({ endpoint }) => endpoint === via?.local && endpoint.address.family === to.address.family,
  )
  return sameWay ?? chooseLocal(state.listeners, to.address) ?? unsendable('no-listener', to)
}

/**
 * The connected socket for a destination. Undefined if too many sockets are open. Then no ICMP error comes, and only timers
 * notice that the destination cannot be reached.
 */
function connectedSocket(
  state: UdpState,
  listener: DatagramListener,
  remote: Destination,
): ConnectedDatagramSocket | undefined {
  const local = listener.endpoint
  const key = `${local.address.text} ${local.port} ${remote.address.text} ${remote.port}`
  const open = state.connected.get(key)
  if (open || state.connected.size >= MAX_CONNECTED_DATAGRAM_SOCKETS) return open
  const { events, clock } = state
  const socket = new ConnectedDatagramSocket({
    local,
    remote,
    events,
    clock,
    receive: (bytes, source) => receive(state, listener, bytes, source),
    onClosed: () => state.connected.delete(key),
  })
  if (!socket.closed) state.connected.set(key, socket)
  return socket
}

function sendDatagram(listener: DatagramListener, bytes: Uint8Array, to: IpAddress, port: number): boolean {
  if (listener.closed || bytes.length > MAX_DATAGRAM_BYTES || isQueueFull(listener.socket)) return false
  listener.socket.send(bytes, 0, bytes.length, port, to.text, listener.onSent)
  return true
}

/** If the system refuses a datagram, Node's error contains the destination of the datagram. */
function reportUnsent(state: UdpState, error: Error & { readonly address?: string; readonly port?: number }): void {
  const address = state.sourceAddresses(error.address ?? '')
  if (address && error.port && concernsDestination(error))
    state.events.onUnreachable({ transport: 'UDP', address, port: error.port }, error)
  else state.events.onFault('datagram-not-sent', error.message)
}

async function close(state: UdpState): Promise<void> {
  state.closed = true
  const connected = [...state.connected.values()].map((socket) => socket.close())
  const listening = state.listeners.splice(0).map((listener) => {
    listener.closed = true
    return closeSocket(listener.socket)
  })
  await Promise.all([...connected, ...listening])
}
