/** The INVITE server transaction: RFC 3261 §17.2.1 as corrected by RFC 6026 §7.1. */
import { go, ignored, transportTables } from './transition-table.ts'

export type InviteServerState = 'Proceeding' | 'Accepted' | 'Completed' | 'Confirmed' | 'Terminated'

/** Inputs from the peer, from the transaction user (by class of response), and from the clock. */
export type InviteServerInput =
  | 'request'
  | 'ack'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerL'
  | 'destroy'

export type InviteServerEffect =
  /** Send the user's response and keep it for repeats. `sendOnce`: send it, but do not keep it. */
  | 'send'
  | 'sendOnce'
  /** Send the retained response again, if there is one. */
  | 'sendAgain'
  | 'startG'
  | 'startH'
  | 'startI'
  | 'startL'
  /** Stop every timer and release the retained response. */
  | 'rest'
  /** Pass an ACK to a 2xx up to the user. */
  | 'passAck'
  /** Report to the user that a final response was never acknowledged. */
  | 'timeout'
  | 'terminate'

/** The input for a response of the transaction user with this status. */
export function inviteServerInput(status: number): InviteServerInput {
  if (status < 200) return 'provisional'
  return status < 300 ? 'success' : 'failure'
}

/**
 * There is no input for a response that could not be sent. RFC 6026 §8.8: the server transaction MUST remain in its state. The
 * order of the effects matters, because the user may call the transaction at any of them.
 */
export const inviteServerTables = transportTables<InviteServerState, InviteServerInput, InviteServerEffect>(
  (reliable) => ({
    Proceeding: {
      request: go('Proceeding', 'sendAgain'),
      provisional: go('Proceeding', 'send'),
      // RFC 6026 §7.1: in Accepted, a repeat of the INVITE does not become a new call. Only the UAS repeats its 2xx.
      success: go('Accepted', 'rest', 'startL', 'sendOnce'),
      // RFC 3261 §17.2.1: Timer G is for unreliable transports, Timer H for all.
      failure: reliable ? go('Completed', 'startH', 'send') : go('Completed', 'startG', 'startH', 'send'),
      destroy: go('Terminated', 'rest', 'terminate'),
      ...ignored('Proceeding', 'ack', 'timerG', 'timerH', 'timerI', 'timerL'),
    },
    Accepted: {
      ack: go('Accepted', 'passAck'),
      success: go('Accepted', 'sendOnce'),
      timerL: go('Terminated', 'rest', 'terminate'),
      destroy: go('Terminated', 'rest', 'terminate'),
      // RFC 6026 §7.1: repeats of the INVITE are absorbed, and any response except a 2xx MUST be discarded.
      ...ignored('Accepted', 'request', 'provisional', 'failure', 'timerG', 'timerH', 'timerI'),
    },
    Completed: {
      request: go('Completed', 'sendAgain'),
      // RFC 3261 §17.2.1: Timer I is T4 for unreliable transports and zero for reliable ones.
      ack: reliable ? go('Terminated', 'rest', 'terminate') : go('Confirmed', 'rest', 'startI'),
      timerG: go('Completed', 'startG', 'sendAgain'),
      timerH: go('Terminated', 'rest', 'timeout', 'terminate'),
      destroy: go('Terminated', 'rest', 'terminate'),
      // RFC 3261 §17.2.1: after a final response, all further responses of the user MUST be discarded.
      ...ignored('Completed', 'provisional', 'success', 'failure', 'timerI', 'timerL'),
    },
    Confirmed: {
      timerI: go('Terminated', 'rest', 'terminate'),
      destroy: go('Terminated', 'rest', 'terminate'),
      ...ignored('Confirmed', 'request', 'ack', 'provisional', 'success', 'failure', 'timerG', 'timerH', 'timerL'),
    },
    Terminated: {
      ...ignored('Terminated', 'request', 'ack', 'provisional', 'success', 'failure'),
      ...ignored('Terminated', 'timerG', 'timerH', 'timerI', 'timerL', 'destroy'),
    },
  }),
)
