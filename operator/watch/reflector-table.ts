/** `opening`: the watch has been asked for, and nothing come yet. `stopped`: for good. */
export type ReflectorState = 'listing' | 'opening' | 'watching' | 'waitingToList' | 'waitingToWatch' | 'stopped'

export type ReflectorInput =
  /** Every page is there. */
  | 'listed'
  /** The API server has accepted the watch. */
  | 'opened'
  /** The API server has ended the watch as it was asked to. */
  | 'ended'
  /** It has ended it almost at once. */
  | 'cutShort'
  /** The version to go on from is too old (410, as the answer or as an event). */
  | 'expired'
  /** The request itself is not granted (403, 404, 400): asking for the rest of it makes no sense. */
  | 'refused'
  /** Anything else that went wrong: time heals it. */
  | 'failed'
  /** No byte has come for too long: the connection may be half open. */
  | 'silent'
  /** The back-off is over. */
  | 'due'
  | 'stop'

export type ReflectorEffect =
  | 'list'
  /** Watch from the last version. */
  | 'watch'
  /** Start looking for silence. */
  | 'guard'
  /** Start the back-off. */
  | 'wait'
  /** Let the request in progress go, and stop every timer. */
  | 'rest'
  /** Tell what is wrong; or that nothing is any more. */
  | 'tell'
  | 'recover'

export interface ReflectorTransition {
  readonly to: ReflectorState
  readonly effects: readonly ReflectorEffect[]
}

type Row = Readonly<Partial<Record<ReflectorInput, ReflectorTransition>>>

const stop = go('stopped', 'rest')
const listAgain = go('waitingToList', 'rest', 'wait')
const listLater = go('waitingToList', 'rest', 'tell', 'wait')
const watchLater = go('waitingToWatch', 'rest', 'tell', 'wait')
const watchAgain = go('opening', 'rest', 'watch')

/** What is not in a row cannot happen in that state, or is late news of a request that was let go: it is ignored. */
export const REFLECTOR_TABLE: Readonly<Record<ReflectorState, Row>> = {
  // The token of a page expires too: a list that takes longer than the API server remembers begins again.
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
