import type { Clock, Timer } from '../../../time/clock.ts'
import { CONNECTED_DATAGRAM_SOCKET_IDLE_MS } from '../../limits.ts'
import type { DatagramReceiver, DatagramSocket, DatagramSockets } from './datagram/datagram-sockets.ts'
import { concernsDestination, faultOfDatagram } from './datagram/passing-errors.ts'
import type { Destination, LocalEndpoint, SendOptions, TransportEvents } from './transport.ts'
import { destinationText, unsendable } from './transport-error.ts'
import { createUnconfirmedRequests, failSoon, type UnconfirmedRequests } from './unconfirmed-requests.ts'

export interface ConnectedDatagramSocketOptions {
  readonly sockets: DatagramSockets
  readonly local: LocalEndpoint
  readonly remote: Destination
  readonly events: TransportEvents
  readonly clock: Clock
  /** Called with every datagram. Between `bind` and `connect`, a few datagrams may come from other sources. */
  readonly receive: DatagramReceiver['onDatagram']
  /** Called when the socket has closed, because it was idle or because of an error. The next request needs a new socket. */
  readonly onClosed: () => void
}

/**
 * The socket for the requests to one destination. Linux reports ICMP errors only to a connected datagram socket, so each
 * destination in use has its own socket. The socket is bound to the address and port of the listening socket, so the
 * destination sees no difference between the two. The system gives this socket only the packets of its destination.
 */
export class ConnectedDatagramSocket {
  readonly #options: ConnectedDatagramSocketOptions
  readonly #requests: UnconfirmedRequests
  #socket: DatagramSocket | undefined
  #lastUsed: number
  #idleTimer: Timer
  #closed: Promise<void> | undefined
  /**
   * Why the socket closed. It stays undefined if the socket closed because it was idle. If binding fails, it is set before the
   * first request comes.
   */
  #error: Error | undefined

  constructor(options: ConnectedDatagramSocketOptions) {
    const { sockets, clock, local, remote, receive } = options
    this.#options = options
    this.#requests = createUnconfirmedRequests(options.events)
    this.#lastUsed = clock.now()
    this.#idleTimer = clock.after(CONNECTED_DATAGRAM_SOCKET_IDLE_MS, checkIdle, this)
    const socket = sockets.connect(local, remote, {
      onDatagram: (bytes, offset, length, source) => {
        this.#lastUsed = clock.now()
        this.#requests.confirm()
        receive(bytes, offset, length, source)
      },
      onFullBatch: () => options.events.onFullBatch(),
      onError: (error) => this.#fail(error),
    })
    this.#socket = socket
    // The connection may have failed already. Then the socket has to be closed here.
    if (this.#closed) void socket.close()
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  send(bytes: Uint8Array, options: SendOptions): void {
    const { clock, events, remote } = this.#options
    if (this.#closed) {
      failSoon(options, this.#error ?? unsendable('transport-closed', remote), events)
      return
    }
    this.#lastUsed = clock.now()
    this.#requests.add(options)
    if (this.#socket?.send(bytes) === true) return
    this.#requests.remove(options)
    failSoon(options, unsendable('datagram-queue-full', remote), events)
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed
    this.#options.clock.cancel(this.#idleTimer)
    this.#closed = this.#socket?.close() ?? Promise.resolve()
    this.#options.onClosed()
    return this.#closed
  }

  /**
   * Closes the socket if it was idle for long enough. This is checked only when the idle time may be over, not at each packet.
   */
  checkIdle(): void {
    const { clock } = this.#options
    const left = this.#lastUsed + CONNECTED_DATAGRAM_SOCKET_IDLE_MS - clock.now()
    if (left > 0) this.#idleTimer = clock.after(left, checkIdle, this)
    else void this.close()
  }

  #fail(error: Error): void {
    if (this.#closed) return
    const { events, remote } = this.#options
    if (!concernsDestination(error)) {
      events.onFault(faultOfDatagram(error), `${destinationText(remote)}: ${error.message}`)
      return
    }
    // RFC 3261 §18.4: after an ICMP error, the request fails immediately.
    this.#error = error
    void this.close()
    events.onUnreachable(remote, error)
    this.#requests.fail(error)
  }
}

function checkIdle(socket: ConnectedDatagramSocket): void {
  socket.checkIdle()
}
