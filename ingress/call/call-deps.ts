/** What deciding a call takes: the table, the time, an id, and someone to tell. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { BackendHealth } from './backend-health.ts'
import type { CallEvent } from './call-events.ts'

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
  /** Whether this process is shutting down and new calls belong elsewhere. */
  readonly draining: () => boolean
  readonly emit: (event: CallEvent) => void
}
