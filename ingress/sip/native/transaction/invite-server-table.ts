/** The INVITE server transaction: RFC 3261 §17.2.1 as corrected by RFC 6026 §7.1. */
import { go, ignored, transportTables } from './transition-table.ts'

export type InviteServerState = 'Proceeding' | 'Accepted' | 'Completed' | 'Confirmed' | 'Terminated'

/** Inputs come from the peer, from the transaction user (one for each class of response), and from the clock. */
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
  /** `send`: send the user's response and retain it for repeats. `sendOnce`: send the response and do not retain it. */
  | 'send'
  | 'sendOnce'
  /** Send the retained response again. If no response is retained, do nothing. */
  | 'sendAgain'
  | 'startG'
  | 'startH'
  | 'startI'
  | 'startL'
  /** Stop every timer and release the retained response. */
  | 'rest'
  /** Pass an ACK up to the user, because it acknowledges a 2xx. */
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
 * No input exists for a response that could not be sent. RFC 6026 §8.8: the server transaction MUST then remain in its state.
 * The user may call the transaction during any effect, so the order of the effects matters.
 */
export const inviteServerTables = transportTables<InviteServerState, InviteServerInput, InviteServerEffect>(
  (reliable) => ({
    Proceeding: {
      request: go('Proceeding', 'sendAgain'),
      provisional: go('Proceeding', 'send'),
      // RFC 6026 §7.1: after a 2xx the transaction stays in Accepted, so that a repeat of the INVITE does not become a new
      // call. The 2xx is not retained, because only the UAS (the called side) repeats it.
      success: go('Accepted', 'rest', 'startL', 'sendOnce'),
      // RFC 3261 §17.2.1: Timer G runs only for unreliable transports. Timer H runs for all transports.
      failure: reliable ? go('Completed', 'startH', 'send') : go('Completed', 'startG', 'startH', 'send'),
      destroy: go('Terminated', 'rest', 'terminate'),
      ...ignored('Proceeding', 'ack', 'timerG', 'timerH', 'timerI', 'timerL'),
    },
    Accepted: {
      ack: go('Accepted', 'passAck'),
      success: go('Accepted', 'sendOnce'),
      timerL: go('Terminated', 'rest', 'terminate'),
      destroy: go('Terminated', 'rest', 'terminate'),
      // RFC 6026 §7.1: repeats of the INVITE are absorbed. All responses except a 2xx MUST be discarded.
      ...ignored('Accepted', 'request', 'provisional', 'failure', 'timerG', 'timerH', 'timerI'),
    },
    Completed: {
      request: go('Completed', 'sendAgain'),
      // RFC 3261 §17.2.1: Timer I is T4 for unreliable transports, and zero for reliable ones.
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
