/**
 * The contract between the UDP transport and the part that opens datagram sockets. There are two such parts: one reads and
 * writes datagrams in batches, the other uses `node:dgram`.
 */
import type { IpAddress } from '../../../../address/ip-address.ts'
import type { InviteShare } from './invite-filter.ts'

export type DatagramsKind = 'batched' | 'node'

/** The address and port of a datagram socket, or of its peer. */
export interface DatagramAddress {
  readonly address: IpAddress
  readonly port: number
}

/** Gets the reports of one socket. The functions must not throw. */
export interface DatagramReceiver {
  /** The bytes are valid only during the call. */
  onDatagram(bytes: Buffer, offset: number, length: number, source: DatagramAddress): void
  /** The socket has read as many datagrams as it reads at once. So more of them probably wait. */
  onFullBatch(): void
  /**
   * A datagram was not sent, or the socket has failed. The error has the system's code (`ECONNREFUSED`). `to` is the place that
   * the datagram was for. It is undefined if the error is about the whole socket. With the code `datagram-cut-off` the error is
   * about a received datagram that was too long, and `to` is its source.
   */
  onError(error: Error, to: DatagramAddress | undefined): void
}

export interface DatagramSocket {
  /**
   * Sends `bytes` to `to`. A connected socket sends to its peer, and then `to` must be absent. The bytes must not change until
   * the system has them. Returns false, and sends nothing, if the socket is closed or if too many bytes wait.
   */
  send(bytes: Uint8Array, to?: DatagramAddress): boolean
  /**
   * From now on, the kernel drops all but this share of the new calls before they reach the socket. Returns false, and the kernel
   * drops none, if this is not possible. Absent if it never is.
   */
  admitInvites?(share: InviteShare): boolean
  /** Datagrams that the kernel has dropped at this socket until now. Absent if this is not known. */
  readonly dropped?: number
  /** Resolves when the socket is closed. */
  close(): Promise<void>
}

export interface DatagramSockets {
  readonly kind: DatagramsKind
  /**
   * Runs the work. The datagrams that the work sends leave together, in batches. Absent if these sockets do not send in
   * batches.
   */
  readonly together?: (work: () => void) => void
  /**
   * Binds a socket whose address and port connected sockets can share. Rejects with an error of code `listen-failed`. `port` is
   * the port that the system chose, if the wanted port was 0.
   */
  listen(
    at: DatagramAddress,
    receiver: DatagramReceiver,
  ): Promise<{ readonly socket: DatagramSocket; readonly port: number }>
  /**
   * A socket that is bound to `local`, a listening address, and connected to `remote`. If that fails, `onError` is called,
   * perhaps before this function returns.
   */
  connect(local: DatagramAddress, remote: DatagramAddress, receiver: DatagramReceiver): DatagramSocket
}
