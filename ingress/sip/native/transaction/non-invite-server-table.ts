/** The non-INVITE server transaction: RFC 3261 §17.2.2 as corrected by RFC 4320 §4. */
import { go, ignored, transportTables } from './transition-table.ts'

export type NonInviteServerState = 'Trying' | 'Proceeding' | 'Completed' | 'Terminated'

/**
 * Inputs come from the peer, from the transaction user and from the clock. For a response of the user, `nonInviteServerInput`
 * gives one of four inputs.
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
  /** Send the user's response and retain it for repeats. */
  | 'send'
  /** Send the retained response again. If no response is retained, do nothing. */
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

/**
 * No input exists for a response that could not be sent. RFC 6026 §8.8: the server transaction MUST then remain in its state.
 */
export const nonInviteServerTables = transportTables<NonInviteServerState, NonInviteServerInput, NonInviteServerEffect>(
  (reliable) => {
    // RFC 3261 §17.2.2: Timer J is 64*T1 for unreliable transports, and zero for reliable ones.
    const final = reliable ? go('Terminated', 'send', 'rest', 'terminate') : go('Completed', 'startJ', 'send')
    // RFC 4320 §4.2: a 408 MUST NOT be sent to a non-INVITE request. If the user answers with 408, the transaction ends without
    // an answer, and repeats of the request are absorbed.
    const silence = reliable ? go('Terminated', 'rest', 'terminate') : go('Completed', 'rest', 'startJ')
    return {
      Trying: {
        trying: go('Proceeding', 'send'),
        final,
        requestTimeout: silence,
        destroy: go('Terminated', 'rest', 'terminate'),
        // RFC 4320 §4.1: 100 is the only provisional response that may be sent to a non-INVITE request.
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
        // RFC 3261 §17.2.2: after a final response, all further final responses of the user MUST be discarded.
        ...ignored('Completed', 'trying', 'provisional', 'final', 'requestTimeout'),
      },
      Terminated: {
        ...ignored('Terminated', 'request', 'trying', 'provisional', 'final', 'requestTimeout', 'timerJ', 'destroy'),
      },
    }
  },
)
