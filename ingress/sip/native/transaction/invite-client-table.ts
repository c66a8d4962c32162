/** The INVITE client transaction: RFC 3261 §17.1.1 as corrected by RFC 6026 §7.2. */
import { go, ignored, transportTables } from './transition-table.ts'

/** `Initial`: the transaction exists, and `start` has not been called yet. */
export type InviteClientState = 'Initial' | 'Calling' | 'Proceeding' | 'Accepted' | 'Completed' | 'Terminated'

/**
 * Inputs come from the transaction user, from the peer (one for each class of response), from the transport and from the clock.
 */
export type InviteClientInput =
  | 'start'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'transportError'
  | 'timerA'
  | 'timerB'
  | 'timerD'
  | 'timerM'
  | 'destroy'

export type InviteClientEffect =
  /** Send the request, for the first time or again. */
  | 'send'
  | 'startA'
  | 'startB'
  | 'startD'
  | 'startM'
  /** Stop every timer and release the request. */
  | 'rest'
  /** Acknowledge the current response. */
  | 'ack'
  /** Give the current response to the user. */
  | 'passUp'
  /** `timeout`: report to the user that no response came. `transportError`: report that the request could not be sent. */
  | 'timeout'
  | 'transportError'
  | 'terminate'

/** The input for a response of the peer with this status. */
export function inviteClientInput(status: number): InviteClientInput {
  if (status < 200) return 'provisional'
  return status < 300 ? 'success' : 'failure'
}

/** The user may call the transaction during any effect, so the order of the effects matters. */
export const inviteClientTables = transportTables<InviteClientState, InviteClientInput, InviteClientEffect>(
  (reliable) => {
    const success = go('Accepted', 'rest', 'startM', 'passUp')
    // RFC 3261 §17.1.1.2: Timer D is at least 32 s for unreliable transports, and zero for reliable ones.
    const failure = reliable
      ? go('Terminated', 'rest', 'ack', 'passUp', 'terminate')
      : go('Completed', 'rest', 'startD', 'passUp', 'ack')
    return {
      Initial: {
        // RFC 3261 §17.1.1.2: Timer A runs only for unreliable transports. Timer B runs for all transports.
        start: reliable ? go('Calling', 'startB', 'send') : go('Calling', 'startA', 'startB', 'send'),
        destroy: go('Terminated', 'rest', 'terminate'),
        ...ignored('Initial', 'provisional', 'success', 'failure', 'transportError'),
        ...ignored('Initial', 'timerA', 'timerB', 'timerD', 'timerM'),
      },
      Calling: {
        timerA: go('Calling', 'startA', 'send'),
        timerB: go('Terminated', 'rest', 'timeout', 'terminate'),
        // RFC 3261 §17.1.1.2: after a provisional response, the INVITE is no longer repeated. From then on, Timer C limits the
        // ringing (§16.8).
        provisional: go('Proceeding', 'rest', 'passUp'),
        success,
        failure,
        transportError: go('Terminated', 'rest', 'transportError', 'terminate'),
        destroy: go('Terminated', 'rest', 'terminate'),
        ...ignored('Calling', 'start', 'timerD', 'timerM'),
      },
      Proceeding: {
        provisional: go('Proceeding', 'passUp'),
        success,
        failure,
        destroy: go('Terminated', 'rest', 'terminate'),
        // In this state nothing is sent. A transport error does not matter, because the peer has the INVITE and is working on
        // it.
        ...ignored('Proceeding', 'start', 'transportError', 'timerA', 'timerB', 'timerD', 'timerM'),
      },
      Accepted: {
        // RFC 6026 §7.2: every 2xx MUST be passed up to the user. The user makes the ACK to a 2xx, not the transaction.
        success: go('Accepted', 'passUp'),
        timerM: go('Terminated', 'rest', 'terminate'),
        destroy: go('Terminated', 'rest', 'terminate'),
        ...ignored('Accepted', 'start', 'provisional', 'failure', 'transportError', 'timerA', 'timerB', 'timerD'),
      },
      Completed: {
        // RFC 3261 §17.1.1.2: a repeat of the response gets an ACK again, and MUST NOT be passed up to the user.
        failure: go('Completed', 'ack'),
        timerD: go('Terminated', 'rest', 'terminate'),
        // RFC 3261 §17.1.4: the ACK could not be sent. The user already has the final response of this branch, so nothing more
        // is reported.
        transportError: go('Terminated', 'rest', 'terminate'),
        destroy: go('Terminated', 'rest', 'terminate'),
        ...ignored('Completed', 'start', 'provisional', 'success', 'timerA', 'timerB', 'timerM'),
      },
      Terminated: {
        ...ignored('Terminated', 'start', 'provisional', 'success', 'failure', 'transportError'),
        ...ignored('Terminated', 'timerA', 'timerB', 'timerD', 'timerM', 'destroy'),
      },
    }
  },
)
