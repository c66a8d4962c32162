/**
 * The contract between a transport and the engine. A message comes as bytes with an offset and a length, and its source comes
 * as numbers. So a receiver may read many packets into one buffer and hand over a part of that buffer for each packet. It then
 * makes no string and no copy.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import type { Peer, TransportName } from '../../port/engine.ts'
import type { InviteShare } from './datagram/invite-filter.ts'

/** An address and port to which a transport is bound. If port 0 was asked for, this is the port that the system chose. */
export interface LocalEndpoint {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * The source of a packet, and the way to send back to that source. For a datagram, this is its socket and source. For a stream,
 * it is the connection. `send` never throws. It returns whether the bytes were handed to the system.
 */
export interface Flow {
  readonly transport: TransportName
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  /** The source as the application sees it: the transport and the remote address and port. Always the same object. */
  readonly peer: Peer
  readonly local: LocalEndpoint
  /**
   * Datagrams: sends to `port` of the source address; if `port` is absent, to the source port (RFC 3581 §4, RFC 3261 §18.2.2).
   * The transport may read `bytes` after this function has returned, so whoever will change the bytes must pass a copy. Streams: if the peer has
   * ended its sending direction and no longer reads, `onLost` is called later.
   */
  send(bytes: Uint8Array, port?: number, onLost?: () => void): boolean
  /**
   * Like `send`, but for an answer to a source that is not a peer. After `send`, a stranger's stream counts as a peer's for a
   * while. After `sendOnce`, it keeps the limits for strangers.
   */
  sendOnce(bytes: Uint8Array, port?: number): boolean
  /** Streams: closes. Bytes of earlier calls still go out, and no further bytes are taken. Datagrams: does nothing. */
  close(): void
  /**
   * Streams: whether bytes can still be sent. False after we have begun to close. Also false if the peer has ended its sending
   * direction and no `hold` waits for its `release`. Datagrams: always true.
   */
  readonly open: boolean
  /**
   * Streams: keeps the connection open until `release` was called as often as `hold`. It then stays open even if it is silent
   * (RFC 3261 §18: a ringing call) or if the peer has ended its sending direction. While it is held, and for some time after an
   * answer, a stranger's stream counts as a peer's. Datagrams: does nothing.
   */
  hold(): void
  release(): void
}

/** The place to which a request is sent. */
export interface Destination {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * What a transport reports to the engine. The functions must not throw. If one throws, the transport goes on and calls
 * `onFault`.
 */
export interface TransportEvents {
  /**
   * `bytes` are valid only during the call, so a listener copies what it needs later. On streams, each call has exactly one
   * message.
   */
  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void
  /**
   * Called after `onMessage`, when as many messages as are read at once have come. So more messages probably wait in the socket.
   */
  onFullBatch(): void
  /**
   * Called if the bytes of a stream cannot be a message: Content-Length is wrong or missing, or the message is too large.
   * `head` is the part that was read. The engine may answer on the flow. After the call, the transport closes the flow.
   */
  onBrokenStream(head: Buffer, fault: string, flow: Flow): void
  /**
   * RFC 3261 §18.4: the destination could not be reached, or an error came back, such as ICMP port unreachable, RST or a
   * connect time-out.
   */
  onUnreachable(destination: Destination, error: Error): void
  /**
   * Whether the source is a peer. Called when a stream is opened to us, and again while the stream lives. A stranger's stream
   * gets small limits and no byte from us.
   */
  isKnown(remote: IpAddress, port: number): boolean
  /**
   * Reports a fault that an operator of the service should see. The transport goes on. `code` is stable. This function must not
   * throw, because its errors are not caught.
   */
  onFault(code: string, message: string): void
}

/** A transport may keep this object for as long as the request may fail. So a transaction can be its own options. */
export interface SendOptions {
  /**
   * RFC 3261 §18.4: called, as a method of this object, if the destination cannot be reached and no bytes have come back from it: a connect was refused or
   * timed out, ICMP, a reset. Called at most once, and never during `sendRequest`. A listener that already has an answer, or
   * has given up, does nothing.
   */
  onFailure(error: Error): void
  /**
   * Streams: how many milliseconds to wait for a connection. The time is shorter if the request can also be sent in another
   * way.
   */
  readonly connectMs?: number
  /**
   * The flow of an earlier message. On a stream, a request goes over that connection if it is still open (RFC 3261 §18). A
   * datagram is sent from the local socket of the flow.
   */
  readonly via?: Flow
}

/** What of the new calls is let into the sockets, while more comes than the process can do. */
export interface Intake {
  /**
   * From now on, the kernel lets in this share of the new calls, and all other packets. Returns false if it does not do this; then
   * it lets in everything.
   */
  admit(share: InviteShare): boolean
  /** Datagrams that the kernel dropped at the listening sockets since the last call, for whatever reason. */
  newlyDropped(): number
}

export interface Transport {
  readonly name: TransportName
  readonly local: readonly LocalEndpoint[]
  /**
   * Binds the address. Resolves with the endpoint when packets can arrive. Rejects with an error that names the address and the
   * cause.
   */
  bind(listen: { readonly address: IpAddress; readonly port: number }): Promise<LocalEndpoint>
  /**
   * Sends a request, or a response whose connection has closed (RFC 3261 §18.2.2). Opens a connection if none is open. The
   * transport may read `bytes` after the call.
   */
  sendRequest(bytes: Uint8Array, to: Destination, options: SendOptions): void
  /** Whether a connection to this address and this port is open. Always false for datagrams. */
  connectedTo(address: IpAddress, port: number): boolean
  /** Runs the work, and sends what it sends together. Absent if that has no advantage. */
  readonly together?: (work: () => void) => void
  /** Lets the kernel drop new calls. Absent if that is not possible. */
  readonly intake?: Intake
  /** Takes no further bytes, sends the pending bytes, and resolves when every socket is closed. */
  close(): Promise<void>
}

/** What every transport needs to start. */
export interface TransportOptions {
  readonly events: TransportEvents
  readonly clock: Clock
}
