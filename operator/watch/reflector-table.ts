/**
 * `opening`: a watch was requested, and no answer has arrived yet. `stopped`: the reflector has ended, and this state never
 * changes.
 */
export type ReflectorState = 'listing' | 'opening' | 'watching' | 'waitingToList' | 'waitingToWatch' | 'stopped'

export type ReflectorInput =
  /** The last page of the list has arrived. */
  | 'listed'
  /** The API server has accepted the watch. */
  | 'opened'
  /** The API server has ended the watch after the requested time. */
  | 'ended'
  /** The API server has ended the watch almost immediately. */
  | 'cutShort'
  /** The version from which to continue is too old. The API server says so by 410, in the answer or in an event. */
  | 'expired'
  /** The API server refuses the request itself (403, 404, 400). It would also refuse a watch from the last version. */
  | 'refused'
  /** Any other failure. A later attempt may succeed. */
  | 'failed'
  /** No byte has arrived for too long. Perhaps the connection is lost and this process has not noticed it. */
  | 'silent'
  /** The back-off is over. */
  | 'due'
  | 'stop'

export type ReflectorEffect =
  | 'list'
  /** Watch from the last version. */
  | 'watch'
  /** Start to check for silence. */
  | 'guard'
  /** Start the back-off. */
  | 'wait'
  /** Abort the request in progress and stop every timer. */
  | 'rest'
  /** Report the fault. */
  | 'report'
  /** Report that the fault is over. */
  | 'recover'

export interface ReflectorTransition {
  readonly to: ReflectorState
  readonly effects: readonly ReflectorEffect[]
}

type Row = Readonly<Partial<Record<ReflectorInput, ReflectorTransition>>>

const stop = go('stopped', 'rest')
const listAgain = go('waitingToList', 'rest', 'wait')
const listLater = go('waitingToList', 'rest', 'report', 'wait')
const watchLater = go('waitingToWatch', 'rest', 'report', 'wait')
const watchAgain = go('opening', 'rest', 'watch')

/**
 * An input that is absent from a row is ignored. Such an input cannot happen in this state, or it comes late from an aborted
 * request.
 */
export const REFLECTOR_TABLE: Readonly<Record<ReflectorState, Row>> = {
  // The token of a page can expire too: a list may take longer than the API server stores the list's version. Then the list
  // starts again.
  listing: { listed: go('opening', 'watch'), expired: listAgain, refused: listLater, failed: listLater, stop },
  opening: {
    opened: go('watching', 'recover', 'guard'),
    expired: listAgain,
    refused: listLater,
    failed: watchLater,
    stop,
  },
  watching: {
    ended: watchAgain,
    cutShort: go('waitingToWatch', 'rest', 'wait'),
    silent: watchAgain,
    expired: listAgain,
    refused: listLater,
    failed: watchLater,
    stop,
  },
  waitingToList: { due: go('listing', 'list'), stop },
  waitingToWatch: { due: go('opening', 'watch'), stop },
  stopped: {},
}

function go(to: ReflectorState, ...effects: readonly ReflectorEffect[]): ReflectorTransition {
  return { to, effects }
}
