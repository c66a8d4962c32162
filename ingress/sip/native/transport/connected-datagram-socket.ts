import type { Socket } from 'node:dgram'
import type { Clock, Timer } from '../../../time/clock.ts'
import { CONNECTED_DATAGRAM_SOCKET_IDLE_MS } from '../../limits.ts'
import {
  closeSocket,
  concernsDestination,
  isQueueFull,
  newDatagramSocket,
  type ReceiveDatagram,
} from './datagram-socket.ts'
import type { Destination, LocalEndpoint, SendOptions, TransportEvents } from './transport.ts'
import { destinationText, unsendable } from './transport-error.ts'
import { createUnconfirmedRequests, failSoon, type UnconfirmedRequests } from './unconfirmed-requests.ts'

export interface ConnectedDatagramSocketOptions {
  readonly local: LocalEndpoint
  readonly remote: Destination
  readonly events: TransportEvents
  readonly clock: Clock
  /** Called with every datagram. Between `bind` and `connect`, a few datagrams from other sources may come too. */
  readonly receive: ReceiveDatagram
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
  readonly #socket: Socket
  readonly #requests: UnconfirmedRequests
  /** All sends share this callback, so that no closure has to be made for each packet. */
  readonly #onSent = (error: Error | null): void => {
    if (error) this.#fail(error)
  }
  #beforeConnect: Uint8Array[] | undefined = []
  #lastUsed: number
  #idleTimer: Timer
  #closed: Promise<void> | undefined
  /**
   * Why the socket closed. It stays undefined if the socket closed because it was idle. If binding fails, it is set before the
   * first request comes.
   */
  #error: Error | undefined

  constructor(options: ConnectedDatagramSocketOptions) {
    const { clock, local, remote } = options
    this.#options = options
    this.#requests = createUnconfirmedRequests(options.events)
    this.#lastUsed = clock.now()
    this.#idleTimer = clock.after(CONNECTED_DATAGRAM_SOCKET_IDLE_MS, checkIdle, this)
    this.#socket = newDatagramSocket(remote.address.family, true)
    this.#socket.on('error', this.#onSent)
    this.#socket.on('connect', () => this.#onConnect())
    this.#socket.on('message', (bytes, source) => {
      this.#lastUsed = clock.now()
      this.#requests.confirm()
      options.receive(bytes, source)
    })
    this.#socket.bind({ address: local.address.text, port: local.port, exclusive: true })
    if (!this.#closed) this.#socket.connect(remote.port, remote.address.text)
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  send(bytes: Uint8Array, onFailure: SendOptions['onFailure']): void {
    const { clock, events, remote } = this.#options
    if (this.#closed || isQueueFull(this.#socket)) {
      const error = this.#error ?? unsendable(this.#closed ? 'transport-closed' : 'datagram-queue-full', remote)
      failSoon(onFailure, error, events)
      return
    }
    this.#lastUsed = clock.now()
    this.#requests.add(onFailure)
    if (this.#beforeConnect) this.#beforeConnect.push(bytes)
    else this.#socket.send(bytes, this.#onSent)
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed
    this.#options.clock.cancel(this.#idleTimer)
    this.#closed = closeSocket(this.#socket)
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

  #onConnect(): void {
    if (this.#closed) return
    for (const bytes of this.#beforeConnect ?? []) this.#socket.send(bytes, this.#onSent)
    this.#beforeConnect = undefined
  }

  #fail(error: Error): void {
    if (this.#closed) return
    const { events, remote } = this.#options
    if (!concernsDestination(error)) {
      events.onFault('datagram-not-sent', `${destinationText(remote)}: ${error.message}`)
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
