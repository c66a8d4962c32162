/** What every part of the native engine is handed: the world outside it, and the tables that it keeps. */
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

/** The way out: requests to backends and callers, over whichever transport. */
export interface Outbound {
  /** The socket that a request to this address would leave from; undefined where no listener fits. */
  endpointFor(transport: TransportName, address: IpAddress): LocalEndpoint | undefined
  /** Whether a stream to exactly this hop is open. */
  connectedTo(hop: DialogHop): boolean
  send(bytes: Buffer, to: Destination, options: SendOptions): void
}
