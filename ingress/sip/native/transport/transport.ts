/**
 * The contract between a transport and the engine. Bytes come with offset and length and a numeric source, so that a batched
 * receiver can hand over a slice of its ring without making a string or a copy per packet.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import type { TransportName } from '../../port/engine.ts'

/** One address that a transport is bound to, as configured and as the system returned it (port 0 resolved). */
export interface LocalEndpoint {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * Where a packet came from and the way back. A datagram's flow is its socket and source; a stream's is its connection. `send`
 * never throws: it returns whether the bytes were handed to the system.
 */
export interface Flow {
  readonly transport: TransportName
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly local: LocalEndpoint
  /**
   * Datagrams: sends to `port` of the source address if given (RFC 3581 §4 and RFC 3261 §18.2.2), else to the source port. The
   * transport may read `bytes` after the call: a caller that will change them hands over a copy. Streams: `onLost` is called
   * later if the peer has ended its side and no longer reads either.
   */
  send(bytes: Uint8Array, port?: number, onLost?: () => void): boolean
  /** The same for an answer to a source that is not a peer: a stranger's stream stays a stranger's, with its limits. */
  sendOnce(bytes: Uint8Array, port?: number): boolean
  /** Streams: closes without another byte; bytes sent before still go out. Datagrams: nothing. */
  close(): void
  /**
   * Streams: whether bytes can still be sent. False as soon as we have begun to close; also when the peer has and nobody holds
   * the stream. Datagrams: always true.
   */
  readonly open: boolean
  /**
   * Streams: keeps the connection, however long it is silent, until as many `release` calls have come (RFC 3261 §18: a ringing
   * call), even if the peer has ended its side. A stranger's stream counts as a peer's while it is held or after an answer.
   * Datagrams: nothing.
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
 * What a transport reports to the engine. None of these functions may throw; if one does, the transport survives and calls
 * `onFault`.
 */
export interface TransportEvents {
  /** `bytes` are valid only during the call: a listener that needs a part copies it. On streams, each call has one whole message. */
  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void
  /**
   * A stream whose bytes cannot be a message (bad or missing Content-Length, too large): `head` is the part that was read. The
   * engine may answer on the flow; the transport closes it afterwards.
   */
  onBrokenStream(head: Buffer, fault: string, flow: Flow): void
  /** The destination could not be reached, or an error came back (ICMP port unreachable, RST, connect time-out). RFC 3261 §18.4 */
  onUnreachable(destination: Destination, error: Error): void
  /** Called when a stream comes in and again while it lives: a stranger's stream gets small limits and no byte from us. */
  isKnown(remote: IpAddress, port: number): boolean
  /**
   * A fault that the transport survived and an operator should see. `code` is stable. This function is the last resort and must
   * not throw.
   */
  onFault(code: string, message: string): void
}

export interface SendOptions {
  /**
   * Called at most once, and never during `sendRequest`, if the destination proves unreachable before any bytes came back from
   * it: connect refused or timed out, ICMP, reset. RFC 3261 §18.4. A listener that has an answer or has given up ignores it.
   */
  readonly onFailure: (error: Error) => void
  /** Streams: milliseconds to wait for a connection that is not established yet; shorter than usual where there is an alternative. */
  readonly connectMs?: number
  /** The flow on which a message came: streams use its connection if it is still open (RFC 3261 §18), datagrams its local socket. */
  readonly via?: Flow
}

export interface Transport {
  readonly name: TransportName
  readonly local: readonly LocalEndpoint[]
  /** Binds; resolves with the endpoints when packets can arrive. Rejects with the fault and the address. */
  bind(listen: { readonly address: IpAddress; readonly port: number }): Promise<LocalEndpoint>
  /**
   * Sends a request, or a response whose connection has closed (RFC 3261 §18.2.2). Opens a connection if necessary. The
   * transport may read `bytes` after the call.
   */
  sendRequest(bytes: Uint8Array, to: Destination, options: SendOptions): void
  /** Whether a connection to exactly this address and port is open; always false for datagrams. */
  connectedTo(address: IpAddress, port: number): boolean
  /** Takes nothing more, lets pending bytes go out, and resolves when every socket is closed. */
  close(): Promise<void>
}

/** The parts that every transport needs. */
export interface TransportOptions {
  readonly events: TransportEvents
  readonly clock: Clock
}
