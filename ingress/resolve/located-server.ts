/** The result of a look-up: the contract between the code that asks DNS and the code that decides calls. */
import type { IpAddress } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'

/** A server of a name, as one SRV record or the name itself gives it (RFC 3263 §4.2). */
export interface LocatedServer {
  /** The name that has the addresses, without a dot at its end. */
  readonly target: string
  /** Servers with a lower number are tried before the others (RFC 2782). 0 without SRV records. */
  readonly priority: number
  /** The share of the calls among the servers of the same priority (RFC 2782). 0 without SRV records. */
  readonly weight: number
  readonly port: number
  /** If this is undefined, requests go over UDP, or over TCP if they are too large for a datagram. */
  readonly transport: TransportName | undefined
  /** At least one address. They share the calls of the server evenly. */
  readonly addresses: readonly IpAddress[]
}
