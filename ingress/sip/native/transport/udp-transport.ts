import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import { MAX_CONNECTED_DATAGRAM_SOCKETS, MAX_DATAGRAM_BYTES } from '../../limits.ts'
import type { Peer } from '../../port/engine.ts'
import { ConnectedDatagramSocket } from './connected-datagram-socket.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSocket, DatagramSockets } from './datagram/datagram-sockets.ts'
import { concernsDestination, faultOfDatagram } from './datagram/passing-errors.ts'
import { guardEvents } from './guarded-events.ts'
import { chooseLocal, isPort } from './local-endpoint.ts'
import type {
  Destination,
  Flow,
  Intake,
  LocalEndpoint,
  SendOptions,
  Transport,
  TransportEvents,
  TransportOptions,
} from './transport.ts'
import { TransportError, unsendable } from './transport-error.ts'
import { failSoon } from './unconfirmed-requests.ts'

interface DatagramListener {
  readonly socket: DatagramSocket
  readonly endpoint: LocalEndpoint
  /** The connected sockets with the address and port of this listener. */
  readonly connected: Map<number | string, ConnectedDatagramSocket>
  closed: boolean
}

interface UdpState {
  readonly sockets: DatagramSockets
  readonly events: TransportEvents
  readonly clock: Clock
  readonly listeners: DatagramListener[]
  /** The number of connected sockets of all listeners. */
  connected: number
  closed: boolean
}

/**
 * SIP over UDP: one socket for each listen address, and one for each destination in use (see `ConnectedDatagramSocket`).
 * Requests are sent from a listening address and port, so their answers come back to that port, with or without rport (RFC
 * 3581).
 */
export function createUdpTransport({ events, clock }: TransportOptions, sockets: DatagramSockets): Transport {
  const state: UdpState = {
    sockets,
    events: guardEvents(events),
    clock,
    listeners: [],
    connected: 0,
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
    ...(sockets.together && { together: sockets.together }),
    intake: createIntake(state),
    close: () => close(state),
  }
}

/** Connected sockets are left out: what comes there belongs to calls that we have begun. */
function createIntake({ listeners }: UdpState): Intake {
  let reported = 0
  return {
    admit: (share) => {
      const taken = listeners.map(({ socket }) => socket.admitInvites?.(share) === true)
      if (taken.every(Boolean)) return true
      for (const { socket } of listeners) socket.admitInvites?.({ ...share, share: 1 })
      return false
    },
    newlyDropped: () => {
      const dropped = listeners.reduce((sum, { socket }) => sum + (socket.dropped ?? 0), 0)
      const more = Math.max(0, dropped - reported)
      reported = dropped
      return more
    },
  }
}

/** The flow of a datagram: the way back to its source. It never changes, so several packets can have one flow. */
class DatagramFlow implements Flow {
  readonly source: DatagramAddress
  readonly peer: Peer
  readonly #listener: DatagramListener

  constructor(listener: DatagramListener, source: DatagramAddress) {
    this.#listener = listener
    this.source = source
    this.peer = { address: source.address, port: source.port, transport: 'UDP' }
  }

  get remoteAddress(): IpAddress {
    return this.source.address
  }

  get remotePort(): number {
    return this.source.port
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

  // RFC 3581 §4: the response is sent from the address and port at which the request was received.
  send(bytes: Uint8Array, port: number = this.source.port): boolean {
    const { source } = this
    if (!isPort(port)) return false
    return sendDatagram(this.#listener, bytes, port === source.port ? source : { address: source.address, port })
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

async function bind(state: UdpState, listen: DatagramAddress): Promise<LocalEndpoint> {
  let onDatagram: DatagramReceiver['onDatagram'] = () => undefined
  const { socket, port } = await state.sockets.listen(listen, {
    onDatagram: (bytes, offset, length, source) => onDatagram(bytes, offset, length, source),
    onFullBatch: () => state.events.onFullBatch(),
    onError: (error, to) => reportUnsent(state, error, to),
  })
  if (state.closed) {
    await socket.close()
    throw new TransportError('transport-closed', 'the transport was closed while it was binding')
  }
  const endpoint: LocalEndpoint = { transport: 'UDP', address: listen.address, port }
  const listener: DatagramListener = { socket, endpoint, connected: new Map(), closed: false }
  state.listeners.push(listener)
  onDatagram = receiveAt(state, listener)
  return endpoint
}

/**
 * Hands over each datagram with the flow that leads back to its source. Most datagrams of a socket have the source of the datagram
 * before, so they get the same flow.
 */
function receiveAt(state: UdpState, listener: DatagramListener): DatagramReceiver['onDatagram'] {
  let last: DatagramFlow | undefined
  return (bytes, offset, length, source) => {
    if (state.closed) return
    const flow = last?.source === source ? last : new DatagramFlow(listener, source)
    last = flow
    state.events.onMessage(bytes, offset, length, flow)
  }
}

function sendRequest(state: UdpState, bytes: Uint8Array, to: Destination, options: SendOptions): void {
  const listener = listenerFor(state, bytes, to, options.via)
  if (listener instanceof TransportError) {
    failSoon(options, listener, state.events)
    return
  }
  const connected = connectedSocket(state, listener, to)
  if (connected) connected.send(bytes, options)
  else if (!sendDatagram(listener, bytes, to)) {
    failSoon(options, unsendable('datagram-queue-full', to), state.events)
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
  const local = via?.local
  const sameWay =
    local && state.listeners.find(({ endpoint }) => endpoint === local && endpoint.address.family === to.address.family)
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
  const { connected } = listener
  const key = placeKey(remote)
  const open = connected.get(key)
  if (open || state.connected >= MAX_CONNECTED_DATAGRAM_SOCKETS) return open
  const { sockets, events, clock } = state
  const socket = new ConnectedDatagramSocket({
    sockets,
    local: listener.endpoint,
    remote,
    events,
    clock,
    receive: receiveAt(state, listener),
    onClosed: () => {
      if (connected.delete(key)) state.connected--
    },
  })
  if (socket.closed) return socket
  connected.set(key, socket)
  state.connected++
  return socket
}

/** A key for an address and port. For IPv4, 48 bits of a number hold both, so no text is joined for each request. */
function placeKey({ address, port }: Destination): number | string {
  return address.family === 4 ? address.words[3] * 2 ** 16 + port : `${address.text} ${port}`
}

function sendDatagram(listener: DatagramListener, bytes: Uint8Array, to: DatagramAddress): boolean {
  if (listener.closed || bytes.length > MAX_DATAGRAM_BYTES) return false
  return listener.socket.send(bytes, to)
}

/** `to` is undefined if the system does not say which datagram it has refused. */
function reportUnsent(state: UdpState, error: Error, to: DatagramAddress | undefined): void {
  if (to !== undefined && concernsDestination(error)) {
    state.events.onUnreachable({ transport: 'UDP', address: to.address, port: to.port }, error)
  } else {
    state.events.onFault(to === undefined ? 'datagram-socket-failed' : faultOfDatagram(error), error.message)
  }
}

async function close(state: UdpState): Promise<void> {
  state.closed = true
  const connected = state.listeners
    .flatMap((listener) => [...listener.connected.values()])
    .map((socket) => socket.close())
  const listening = state.listeners.splice(0).map((listener) => {
    listener.closed = true
    return listener.socket.close()
  })
  await Promise.all([...connected, ...listening])
}
