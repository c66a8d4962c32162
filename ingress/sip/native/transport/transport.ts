/**
 * What a transport owes the engine and the engine a transport. Bytes come with offset and length and a numeric
 * source, so that a batched receiver can hand over a slice of its ring without making a string or a copy per packet.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock } from '../../../time/clock.ts'
import type { TransportName } from '../../port/engine.ts'

/** One address that a transport is bound to, as the operator wrote it and as the system gave it (port 0 resolved). */
export interface LocalEndpoint {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/**
 * Where a packet came from and the way back. A datagram's flow is its socket and source; a stream's is its connection.
 * `send` never throws: the answer says whether the bytes were handed to the system.
 */
export interface Flow {
  readonly transport: TransportName
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly local: LocalEndpoint
  /**
   * Datagrams: to `port` of the source address if given (RFC 3581 §4 and RFC 3261 §18.2.2), else to the source port.
   * The transport may read `bytes` after the call: whoever means to change them hands over a copy.
   * Streams: `onLost` is called, later, if the peer has ended its side and turns out to read no more either.
   */
  send(bytes: Uint8Array, port?: number, onLost?: () => void): boolean
  /** The same for an answer to whoever is no peer: a stranger's stream stays one, with its limits. */
  sendOnce(bytes: Uint8Array, port?: number): boolean
  /** Streams: close without another byte; what was sent before still goes out. Datagrams: nothing. */
  close(): void
  /**
   * Streams: whether bytes can still be sent; false as soon as we have begun to close, or the peer while nobody holds the
   * stream. Datagrams: always true.
   */
  readonly open: boolean
  /**
   * Streams: keep the connection however long it is silent, until as many `release` calls have come (RFC 3261 §18: a
   * ringing call), even if the peer has ended its side. Held or answered, a stranger's stream counts as a peer's.
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

/** What the engine is told. None of these may throw; a transport survives it if one does, and tells `onFault`. */
export interface TransportEvents {
  /** `bytes` are only valid during the call: whoever keeps a part copies it. One whole message per call on streams. */
  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void
  /**
   * A stream whose bytes cannot be a message (bad or missing Content-Length, too large): `head` is what there is of it.
   * The engine may answer on the flow; the transport closes it afterwards.
   */
  onBrokenStream(head: Buffer, fault: string, flow: Flow): void
  /** The destination could not be reached, or an error came back (ICMP port unreachable, RST, connect time-out). RFC 3261 §18.4 */
  onUnreachable(destination: Destination, error: Error): void
  /** Asked when a stream comes in and again as it goes on: a stranger's stream gets small limits and not one byte. */
  isKnown(remote: IpAddress, port: number): boolean
  /** Something that the transport survived and an operator should see. `code` is stable; this one is the last resort and must not throw. */
  onFault(code: string, message: string): void
}

export interface SendOptions {
  /**
   * Called at most once, and never during `sendRequest`, if the destination turns out to be unreachable before anything
   * came back from it: connect refused or timed out, ICMP, reset. RFC 3261 §18.4. Whoever has an answer or has given up
   * by then ignores it.
   */
  readonly onFailure: (error: Error) => void
  /** Streams: milliseconds to wait for a connection that is not established, shorter than usual because another way is left. */
  readonly connectMs?: number
  /** The way a message came: streams use the connection if it is still open (RFC 3261 §18), datagrams its local socket. */
  readonly via?: Flow
}

export interface Transport {
  readonly name: TransportName
  readonly local: readonly LocalEndpoint[]
  /** Binds; resolves with the endpoints once packets can arrive. Rejects with what is wrong and with which address. */
  bind(listen: { readonly address: IpAddress; readonly port: number }): Promise<LocalEndpoint>
  /**
   * Sends a request, or a response whose connection has closed (RFC 3261 §18.2.2); opens a connection if it must. The
   * transport may read `bytes` after the call.
   */
  sendRequest(bytes: Uint8Array, to: Destination, options: SendOptions): void
  /** Whether a connection to exactly this address and port is open; datagrams have none. */
  connectedTo(address: IpAddress, port: number): boolean
  /** Takes nothing more, lets what was sent go out, and resolves when every socket is closed. */
  close(): Promise<void>
}

/** What every transport is made of. */
export interface TransportOptions {
  readonly events: TransportEvents
  readonly clock: Clock
}
