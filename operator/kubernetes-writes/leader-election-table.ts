/**
 * `standby`: this process does not hold the Lease. `stopped`: the election has ended for this process, and this state never
 * changes.
 */
export type ElectionState = 'standby' | 'leading' | 'stopped'

export type ElectionInput =
  /** The Lease was written with this process as its holder, for a new tenure. */
  | 'acquired'
  /** This process, the holder, has renewed the Lease in time. */
  | 'renewed'
  /** This process, the holder, has renewed the Lease with a higher epoch. */
  | 'raised'
  /** Another process holds the Lease. */
  | 'heldByOther'
  /** A request failed, so the state of the Lease is unknown. */
  | 'failed'
  /** The deadline for renewing has passed on the local clock. */
  | 'deadline'
  | 'stop'

export type ElectionEffect =
  /** Report that this process leads. */
  | 'lead'
  /** Report that this process no longer leads. In a transition, this effect comes before all others. */
  | 'lose'
  /** Read the Lease again after a period: `waitStandby` waits the period of a standby, `waitLeader` the period of a leader. */
  | 'waitStandby'
  | 'waitLeader'
  /** Start the deadline for renewing, or move it. */
  | 'startDeadline'
  | 'stopDeadline'
  /** Abort the request in progress. */
  | 'abort'
  /** Give the Lease back. */
  | 'release'

export interface ElectionTransition {
  readonly to: ElectionState
  readonly effects: readonly ElectionEffect[]
}

/** One transition for every state and input. The effects of a transition are carried out in the order of its list. */
export const ELECTION_TABLE: Readonly<Record<ElectionState, Readonly<Record<ElectionInput, ElectionTransition>>>> = {
  standby: {
    acquired: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    renewed: go('standby', 'waitStandby'),
    raised: go('standby', 'waitStandby'),
    heldByOther: go('standby', 'waitStandby'),
    failed: go('standby', 'waitStandby'),
    deadline: go('standby'),
    stop: go('stopped', 'abort'),
  },
  leading: {
    // Somebody has deleted the Lease, and this process has created it again.
    acquired: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    renewed: go('leading', 'startDeadline', 'waitLeader'),
    raised: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    heldByOther: go('standby', 'lose', 'stopDeadline', 'waitStandby'),
    failed: go('leading', 'waitLeader'),
    deadline: go('standby', 'lose', 'stopDeadline', 'abort', 'waitStandby'),
    stop: go('stopped', 'stopDeadline', 'abort', 'release'),
  },
  stopped: {
    acquired: go('stopped', 'release'),
    renewed: go('stopped', 'release'),
    raised: go('stopped', 'release'),
    heldByOther: go('stopped'),
    // The API server may have carried out an aborted request. Then this process holds the Lease and must give it back.
    failed: go('stopped', 'release'),
    deadline: go('stopped'),
    stop: go('stopped'),
  },
}

function go(to: ElectionState, ...effects: readonly ElectionEffect[]): ElectionTransition {
  return { to, effects }
}
