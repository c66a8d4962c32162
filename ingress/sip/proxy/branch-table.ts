/**
 * The life of one branch of a proxied INVITE, as a table: RFC 3261 §16.7 to §16.10 with the time-outs of a rule. Pure: the
 * table only names the action of a step. `call-progress.ts` decides what the action means for the call, such as failover.
 */

export type BranchState =
  /** The INVITE was sent, and no response has come. */
  | 'calling'
  /** Only a 100 has come. */
  | 'proceeding'
  /** A provisional response has been relayed. */
  | 'ringing'
  /**
   * The backend was silent for too long, or the call got its final response in another way. The branch stays, because a late
   * 2xx can still come.
   */
  | 'abandoned'
  /** The caller has cancelled. Our CANCEL waits until a provisional response comes. */
  | 'cancel-held'
  /** CANCEL was sent because the caller cancelled. */
  | 'cancelled'
  /** CANCEL was sent because the ringing timer or Timer C fired. */
  | 'withdrawn'
  /** CANCEL was sent, and the caller no longer waits for this branch. */
  | 'released'
  | 'ended'

export type BranchInput =
  | 'trying'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'time-out'
  | 'unreachable'
  | 'backend-timer'
  | 'ringing-timer'
  | 'timer-c'
  | 'cancel'
  | 'cancel-timer'
  /** The call got its final response in another way than through this branch. */
  | 'overtaken'

export type BranchAction =
  | 'relay-provisional'
  | 'relay-success'
  /** Fail over, or relay the best final response. */
  | 'judge'
  | 'judge-time-out'
  | 'judge-unreachable'
  /** Stop waiting for the branch, and try the next target. */
  | 'give-up'
  /** Remember the failure of a branch for which the caller no longer waits. */
  | 'note'
  | 'send-cancel'
  | 'finish-cancelled'
  | 'finish-timed-out'

/** Inputs that come from timers. */
export type BranchTimerInput = 'backend-timer' | 'ringing-timer' | 'timer-c' | 'cancel-timer'

export interface BranchStep {
  readonly to: BranchState
  readonly action?: BranchAction
}

type Row = Partial<Record<BranchInput, BranchStep>>

const step = (to: BranchState, action?: BranchAction): BranchStep => Object.freeze(action ? { to, action } : { to })

const TABLE: Readonly<Record<BranchState, Row>> = {
  calling: {
    trying: step('proceeding'),
    provisional: step('ringing', 'relay-provisional'),
    success: step('ended', 'relay-success'),
    failure: step('ended', 'judge'),
    'time-out': step('ended', 'judge-time-out'),
    unreachable: step('ended', 'judge-unreachable'),
    'backend-timer': step('abandoned', 'give-up'),
    // RFC 3261 §16.8: if Timer C fires before a provisional response has come, the branch counts as answered with 408.
    'timer-c': step('abandoned', 'give-up'),
    // RFC 3261 §9.1: a CANCEL MUST NOT be sent before a provisional response has come.
    cancel: step('cancel-held'),
    overtaken: step('abandoned'),
  },
  proceeding: {
    trying: step('proceeding'),
    provisional: step('ringing', 'relay-provisional'),
    success: step('ended', 'relay-success'),
    failure: step('ended', 'judge'),
    'time-out': step('ended', 'judge-time-out'),
    unreachable: step('ended', 'judge-unreachable'),
    'timer-c': step('withdrawn', 'send-cancel'),
    cancel: step('cancelled', 'send-cancel'),
    overtaken: step('released', 'send-cancel'),
  },
  ringing: {
    trying: step('ringing'),
    provisional: step('ringing', 'relay-provisional'),
    success: step('ended', 'relay-success'),
    failure: step('ended', 'judge'),
    'time-out': step('ended', 'judge-time-out'),
    unreachable: step('ended', 'judge-unreachable'),
    'ringing-timer': step('withdrawn', 'send-cancel'),
    'timer-c': step('withdrawn', 'send-cancel'),
    cancel: step('cancelled', 'send-cancel'),
    overtaken: step('released', 'send-cancel'),
  },
  abandoned: {
    trying: step('released', 'send-cancel'),
    provisional: step('released', 'send-cancel'),
    success: step('ended', 'relay-success'),
    failure: step('ended', 'note'),
    'time-out': step('ended'),
    unreachable: step('ended'),
  },
  'cancel-held': {
    trying: step('cancelled', 'send-cancel'),
    provisional: step('cancelled', 'send-cancel'),
    success: step('ended', 'relay-success'),
    failure: step('ended', 'finish-cancelled'),
    'time-out': step('ended', 'finish-cancelled'),
    unreachable: step('ended', 'finish-cancelled'),
    'backend-timer': step('abandoned', 'finish-cancelled'),
    overtaken: step('abandoned'),
  },
  cancelled: {
    success: step('ended', 'relay-success'),
    failure: step('ended', 'finish-cancelled'),
    'time-out': step('ended', 'finish-cancelled'),
    unreachable: step('ended', 'finish-cancelled'),
    'cancel-timer': step('ended', 'finish-cancelled'),
    overtaken: step('released'),
  },
  withdrawn: {
    success: step('ended', 'relay-success'),
    failure: step('ended', 'finish-timed-out'),
    'time-out': step('ended', 'finish-timed-out'),
    unreachable: step('ended', 'finish-timed-out'),
    'cancel-timer': step('ended', 'finish-timed-out'),
    cancel: step('cancelled'),
    overtaken: step('released'),
  },
  released: {
    success: step('ended', 'relay-success'),
    failure: step('ended', 'note'),
    'time-out': step('ended'),
    unreachable: step('ended'),
    'cancel-timer': step('ended'),
  },
  // RFC 6026 §7.2: as long as the transaction lives, every further 2xx is relayed.
  ended: { success: step('ended', 'relay-success') },
}

/** The step for an input. Undefined if the branch ignores this input in this state. */
export function branchStep(state: BranchState, input: BranchInput): BranchStep | undefined {
  return TABLE[state][input]
}

/** The input that belongs to a response with this status. */
export function responseInput(status: number): 'trying' | 'provisional' | 'success' | 'failure' {
  if (status === 100) return 'trying'
  if (status < 200) return 'provisional'
  return status < 300 ? 'success' : 'failure'
}

/** Whether the caller still waits for a branch in this state. */
export function isAwaited(state: BranchState): boolean {
  return state !== 'ended' && state !== 'abandoned' && state !== 'released'
}
