/**
 * The values that every part of the native engine gets: the interfaces to the world outside the engine, and the engine's own
 * tables.
 */
import type { IpAddress } from '../../address/ip-address.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { Application } from '../port/application.ts'
import type { DialogHop, TransportName } from '../port/engine.ts'
import type { LocalNames } from './local-names.ts'
import type { CookieSealer } from './relay/dialog-cookie.ts'
import type { StreamFailures } from './stream-failures.ts'
import type { TransactionTable } from './transaction/transaction-table.ts'
import type { Destination, LocalEndpoint, SendOptions } from './transport/transport.ts'

export interface EngineCore {
  readonly clock: Clock
  readonly random: Random
  readonly application: Application
  readonly names: LocalNames
  readonly cookies: CookieSealer
  readonly transactions: TransactionTable<SipMessage>
  readonly outbound: Outbound
  readonly streamFailures: StreamFailures
}

/** Sends requests to backends and callers over any transport. */
export interface Outbound {
  /** The socket from which a request to this address is sent. Undefined if no listener of ours can send to this address. */
  endpointFor(transport: TransportName, address: IpAddress): LocalEndpoint | undefined
  /** Whether a stream to the address, port and transport of this hop is open. */
  connectedTo(hop: DialogHop): boolean
  send(bytes: Buffer, to: Destination, options: SendOptions): void
}
