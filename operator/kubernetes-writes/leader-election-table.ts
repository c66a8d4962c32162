/** `standby`: watches the Lease of another. `stopped`: for good. */
export type ElectionState = 'standby' | 'leading' | 'stopped'

export type ElectionInput =
  /** The Lease was written with this process as its holder, for a new tenure. */
  | 'acquired'
  /** The Lease was written again by its holder, in time. */
  | 'renewed'
  /** So it was, with a higher epoch. */
  | 'raised'
  /** Another holds the Lease. */
  | 'held'
  /** A request failed: nothing is known. */
  | 'failed'
  /** The deadline for renewing has passed on the local clock. */
  | 'deadline'
  | 'stop'

export type ElectionEffect =
  /** Tell that this process leads; or that it does not any more, before anything else. */
  | 'lead'
  | 'lose'
  /** Look again after the period of a standby or of a leader. */
  | 'waitStandby'
  | 'waitLeader'
  /** Start the deadline for renewing anew. */
  | 'startDeadline'
  | 'stopDeadline'
  /** Let the request in progress go. */
  | 'abort'
  /** Let others have the Lease. */
  | 'release'

export interface ElectionTransition {
  readonly to: ElectionState
  readonly effects: readonly ElectionEffect[]
}

/** A line for every state and input; effects are done in their order. */
export const ELECTION_TABLE: Readonly<Record<ElectionState, Readonly<Record<ElectionInput, ElectionTransition>>>> = {
  standby: {
    acquired: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    renewed: go('standby', 'waitStandby'),
    raised: go('standby', 'waitStandby'),
    held: go('standby', 'waitStandby'),
    failed: go('standby', 'waitStandby'),
    deadline: go('standby'),
    stop: go('stopped', 'abort'),
  },
  leading: {
    // The Lease was deleted, and made anew.
    acquired: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    renewed: go('leading', 'startDeadline', 'waitLeader'),
    raised: go('leading', 'startDeadline', 'lead', 'waitLeader'),
    held: go('standby', 'lose', 'stopDeadline', 'waitStandby'),
    failed: go('leading', 'waitLeader'),
    deadline: go('standby', 'lose', 'stopDeadline', 'abort', 'waitStandby'),
    stop: go('stopped', 'stopDeadline', 'abort', 'release'),
  },
  stopped: {
    acquired: go('stopped', 'release'),
    renewed: go('stopped', 'release'),
    raised: go('stopped', 'release'),
    held: go('stopped'),
    // A request that was aborted may have been carried out.
    failed: go('stopped', 'release'),
    deadline: go('stopped'),
    stop: go('stopped'),
  },
}

function go(to: ElectionState, ...effects: readonly ElectionEffect[]): ElectionTransition {
  return { to, effects }
}
