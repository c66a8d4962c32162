/** What the decision of a call needs: the table, the time, an id, and a listener for events. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { CallLimits } from '../limit/call-limits.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { BackendHealth } from './backend-health.ts'
import type { CallEvent } from './call-events.ts'

/**
 * What a process that will end soon answers to an OPTIONS request. `unavailable` is 503: a peer that probes this process
 * then sends its calls to other processes in time. `ok` is 200: for a peer that reaches several processes behind one
 * address, because after one 503 such a peer would stop using all these processes.
 */
export type SettleOptions = 'unavailable' | 'ok'

export interface CallDeps {
  readonly table: LiveTable
  readonly health: BackendHealth
  readonly limits: CallLimits
  /**
   * Addresses of the node and the pod. If a Service rewrites the sources of packets, strangers' packets come from these
   * addresses.
   */
  readonly ownAddress: readonly IpPrefix[]
  /** Monotonic milliseconds. */
  readonly now: () => number
  /**
   * Milliseconds since 1970 by the machine's clock. Schedules of rules are asked about this time. It may go back, and may leap.
   */
  readonly wallClock: () => number
  /** Returns a new id for a decision. The id appears in the log line and in the Warning header. */
  readonly newId: () => string
  /** Returns a number in [0, 1), for the choice by weight. */
  readonly fraction: () => number
  /** Whether this process will end soon. It may still take calls. */
  readonly leaving: () => boolean
  /** Whether this process is shutting down and refuses new calls. */
  readonly draining: () => boolean
  /** The answer to OPTIONS while this process is leaving and still takes calls. */
  readonly settleOptions: SettleOptions
  /** Whether the host of a URI is an address of this process alone. False for an address that several processes share. */
  readonly isOwnHost: (host: string) => boolean
  readonly emit: (event: CallEvent) => void
}
