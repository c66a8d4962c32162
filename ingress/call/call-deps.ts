/** What deciding a call takes: the table, the time, an id, and a listener for what became of it. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { BackendHealth } from './backend-health.ts'
import type { CallEvent } from './call-events.ts'

/**
 * `unavailable`: 503, so that who probes this process sends its calls elsewhere in time. `ok`: 200, because who probes
 * reaches several processes behind one address, and one 503 would take all of them out.
 */
export type SettleOptions = 'unavailable' | 'ok'

export interface CallDeps {
  readonly table: LiveTable
  readonly health: BackendHealth
  /** Where strangers come from whose source a Service has rewritten. */
  readonly ownAddress: readonly IpPrefix[]
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A new decision id: in the log line and in the Warning header. */
  readonly newId: () => string
  /** A number in [0, 1), for the choice by weight. */
  readonly fraction: () => number
  /** Whether this process is about to end, though it may still take calls. */
  readonly leaving: () => boolean
  /** Whether this process is shutting down and new calls belong elsewhere. */
  readonly draining: () => boolean
  /** What OPTIONS gets from a process that is leaving and still takes calls. */
  readonly settleOptions: SettleOptions
  /** Whether a host of a URI is an address of this very process, and not one that it shares with others. */
  readonly isOwnHost: (host: string) => boolean
  readonly emit: (event: CallEvent) => void
}
