/** The non-INVITE server transaction: RFC 3261 §17.2.2 as corrected by RFC 4320 §4. */
import { go, ignored, transportTables } from './transition-table.ts'

export type NonInviteServerState = 'Trying' | 'Proceeding' | 'Completed' | 'Terminated'

/**
 * Inputs come from the peer, from the transaction user and from the clock. A response of the transaction user is one of four
 * inputs, which depends on its status: see `nonInviteServerInput`.
 */
export type NonInviteServerInput =
  | 'request'
  | 'trying'
  | 'provisional'
  | 'final'
  | 'requestTimeout'
  | 'timerJ'
  | 'destroy'

export type NonInviteServerEffect =
  /** Send the user's response and keep it for repeats. */
  | 'send'
  /** Send the retained response again, if there is one. */
  | 'sendAgain'
  | 'startJ'
  /** Stop every timer and release the retained response. */
  | 'rest'
  | 'terminate'

/** The input for a response of the transaction user with this status. */
export function nonInviteServerInput(status: number): NonInviteServerInput {
  if (status < 200) return status === 100 ? 'trying' : 'provisional'
  return status === 408 ? 'requestTimeout' : 'final'
}

/** There is no input for a response that could not be sent. RFC 6026 §8.8: the server transaction MUST remain in its state. */
export const nonInviteServerTables = transportTables<NonInviteServerState, NonInviteServerInput, NonInviteServerEffect>(
  (reliable) => {
    // RFC 3261 §17.2.2: Timer J is 64*T1 for unreliable transports and zero for reliable ones.
    const final = reliable ? go('Terminated', 'send', 'rest', 'terminate') : go('Completed', 'startJ', 'send')
    // RFC 4320 §4.2: a 408 MUST NOT be sent to a non-INVITE request. A 408 of the user ends the transaction without an answer,
    // and repeats of the request are absorbed.
    const silence = reliable ? go('Terminated', 'rest', 'terminate') : go('Completed', 'rest', 'startJ')
    return {
      Trying: {
        trying: go('Proceeding', 'send'),
        final,
        requestTimeout: silence,
        destroy: go('Terminated', 'rest', 'terminate'),
        // RFC 4320 §4.1: a provisional response other than 100 MUST NOT be sent to a non-INVITE request.
        ...ignored('Trying', 'request', 'provisional', 'timerJ'),
      },
      Proceeding: {
        request: go('Proceeding', 'sendAgain'),
        trying: go('Proceeding', 'send'),
        final,
        requestTimeout: silence,
        destroy: go('Terminated', 'rest', 'terminate'),
        ...ignored('Proceeding', 'provisional', 'timerJ'),
      },
      Completed: {
        request: go('Completed', 'sendAgain'),
        timerJ: go('Terminated', 'rest', 'terminate'),
        destroy: go('Terminated', 'rest', 'terminate'),
        // RFC 3261 §17.2.2: any further final response of the user MUST be discarded.
        ...ignored('Completed', 'trying', 'provisional', 'final', 'requestTimeout'),
      },
      Terminated: {
        ...ignored('Terminated', 'request', 'trying', 'provisional', 'final', 'requestTimeout', 'timerJ', 'destroy'),
      },
    }
  },
)
