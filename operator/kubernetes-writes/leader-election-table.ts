/** `standby`: this process does not hold the Lease. `stopped` is final. */
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
  /** Report that this process no longer leads. This comes before every other effect. */
  | 'lose'
  /** Read the Lease again: `waitStandby` after the period of a standby, `waitLeader` after the period of a leader. */
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

/** One transition for every state and input. The effects of a transition are carried out in their order. */
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
    // The Lease was deleted, and this process has created it again.
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
    // The API server may still have carried out an aborted request.
    failed: go('stopped', 'release'),
    deadline: go('stopped'),
    stop: go('stopped'),
  },
}

function go(to: ElectionState, ...effects: readonly ElectionEffect[]): ElectionTransition {
  return { to, effects }
}
