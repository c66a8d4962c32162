/**
 * The contract between a transport and the engine. Bytes come with an offset, a length and a numeric source. So a receiver that
 * reads packets in batches can hand over a part of its ring buffer, and makes no string and no copy for each packet.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import type { TransportName } from '../../port/engine.ts'

/** An address and port to which a transport is bound. Port 0 is replaced by the port that the system chose. */
export interface LocalEndpoint {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * The source of a packet and the way back to it. The flow of a datagram is its socket and source. The flow of a stream is its
 * connection. `send` never throws. It returns whether the bytes were handed to the system.
 */
export interface Flow {
  readonly transport: TransportName
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly local: LocalEndpoint
  /**
   * Datagrams: sends to `port` of the source address, or to the source port if `port` is absent (RFC 3581 §4 and RFC 3261
   * §18.2.2). The transport may read `bytes` after the call, so a caller that will change them must pass a copy. Streams:
   * `onLost` is called later if the peer has ended its side and does not read any more.
   */
  send(bytes: Uint8Array, port?: number, onLost?: () => void): boolean
  /** Like `send`, but for an answer to a source that is not a peer: the stream of a stranger keeps the limits for strangers. */
  sendOnce(bytes: Uint8Array, port?: number): boolean
  /** Streams: closes and sends no further byte. Bytes of earlier calls still go out. Datagrams: does nothing. */
  close(): void
  /**
   * Streams: whether bytes can still be sent. False if we have begun to close, or if the peer has ended its side and no `hold` is
   * open. Datagrams: always true.
   */
  readonly open: boolean
  /**
   * Streams: keeps the connection open until there were as many calls of `release` as of `hold`, even if the connection is silent
   * (RFC 3261 §18: a ringing call) or the peer has ended its side. While it is held, and for some time after an answer, the
   * stream of a stranger counts as the stream of a peer. Datagrams: does nothing.
   */
  hold(): void
  release(): void
}

/** A place to send a request to. */
export interface Destination {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * The reports of a transport to the engine. The functions must not throw. If one throws, the transport goes on and calls
 * `onFault`.
 */
export interface TransportEvents {
  /**
   * `bytes` are valid only during the call: a listener copies what it needs later. On streams, each call has one whole message.
   */
  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void
  /**
   * The bytes of a stream cannot be a message: Content-Length is bad or missing, or the message is too large. `head` is the part
   * that was read. The engine may answer on the flow. Then the transport closes the flow.
   */
  onBrokenStream(head: Buffer, fault: string, flow: Flow): void
  /**
   * RFC 3261 §18.4: the destination could not be reached, or an error came back (ICMP port unreachable, RST, connect time-out).
   */
  onUnreachable(destination: Destination, error: Error): void
  /**
   * Called when a peer opens a stream, and again while the stream lives. A stranger's stream gets small limits and no byte from
   * us.
   */
  isKnown(remote: IpAddress, port: number): boolean
  /**
   * A fault after which the transport goes on, and which an operator should see. `code` is stable. This function must not throw,
   * because nothing catches its errors.
   */
  onFault(code: string, message: string): void
}

export interface SendOptions {
  /**
   * RFC 3261 §18.4: called if the destination cannot be reached and no bytes have come back from it: connect refused or timed
   * out, ICMP, reset. Called at most once, and never during `sendRequest`. A listener that has an answer or has given up ignores
   * the call.
   */
  readonly onFailure: (error: Error) => void
  /**
   * Streams: milliseconds to wait for a connection that is not established yet. The time is shorter if there is an alternative.
   */
  readonly connectMs?: number
  /**
   * The flow on which a message came. A stream request uses its connection if it is open (RFC 3261 §18). A datagram uses its
   * local socket.
   */
  readonly via?: Flow
}

export interface Transport {
  readonly name: TransportName
  readonly local: readonly LocalEndpoint[]
  /**
   * Binds the address. Resolves with the endpoint when packets can arrive. Rejects with an error that names the fault and the
   * address.
   */
  bind(listen: { readonly address: IpAddress; readonly port: number }): Promise<LocalEndpoint>
  /**
   * Sends a request, or a response whose connection has closed (RFC 3261 §18.2.2). Opens a connection if necessary. The
   * transport may read `bytes` after the call.
   */
  sendRequest(bytes: Uint8Array, to: Destination, options: SendOptions): void
  /** Whether a connection to exactly this address and port is open. Always false for datagrams. */
  connectedTo(address: IpAddress, port: number): boolean
  /** Takes no more bytes, sends the pending bytes, and resolves when every socket is closed. */
  close(): Promise<void>
}

/** The parts that every transport needs. */
export interface TransportOptions {
  readonly events: TransportEvents
  readonly clock: Clock
}
