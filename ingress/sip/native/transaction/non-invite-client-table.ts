/** The non-INVITE client transaction: RFC 3261 §17.1.2. */
import { go, ignored, transportTables } from './transition-table.ts'

/** `Initial`: the transaction exists, and `start` has not been called yet. */
export type NonInviteClientState = 'Initial' | 'Trying' | 'Proceeding' | 'Completed' | 'Terminated'

/**
 * Inputs come from the transaction user, from the peer (one for each class of response), from the transport and from the clock.
 */
export type NonInviteClientInput =
  | 'start'
  | 'provisional'
  | 'final'
  | 'transportError'
  | 'timerE'
  | 'timerF'
  | 'timerK'
  | 'destroy'

export type NonInviteClientEffect =
  /** Send the request, for the first time or again. */
  | 'send'
  /**
   * `startE`: start Timer E. Its pause is T1 at first, and then doubles each time, up to T2. `startEAtT2`: start Timer E with a
   * pause of T2, now and from then on.
   */
  | 'startE'
  | 'startEAtT2'
  | 'startF'
  | 'startK'
  /** Stop every timer and release the request. */
  | 'rest'
  /** Give the current response to the user. */
  | 'passUp'
  /** `timeout`: report to the user that no final response came. `transportError`: report that the request could not be sent. */
  | 'timeout'
  | 'transportError'
  | 'terminate'

/** The input for a response of the peer with this status. */
export function nonInviteClientInput(status: number): NonInviteClientInput {
  return status < 200 ? 'provisional' : 'final'
}

/** The user may call the transaction during any effect, so the order of the effects matters. */
export const nonInviteClientTables = transportTables<NonInviteClientState, NonInviteClientInput, NonInviteClientEffect>(
  (reliable) => {
    // RFC 3261 §17.1.2.2: Timer K is T4 for unreliable transports, and zero for reliable ones.
    const final = reliable
      ? go('Terminated', 'rest', 'passUp', 'terminate')
      : go('Completed', 'rest', 'startK', 'passUp')
    const timerF = go('Terminated', 'rest', 'timeout', 'terminate')
    const transportError = go('Terminated', 'rest', 'transportError', 'terminate')
    const destroy = go('Terminated', 'rest', 'terminate')
    return {
      Initial: {
        // RFC 3261 §17.1.2.2: Timer E runs only for unreliable transports. Timer F runs for all transports.
        start: reliable ? go('Trying', 'startF', 'send') : go('Trying', 'startE', 'startF', 'send'),
        destroy,
        ...ignored('Initial', 'provisional', 'final', 'transportError', 'timerE', 'timerF', 'timerK'),
      },
      Trying: {
        timerE: go('Trying', 'startE', 'send'),
        timerF,
        provisional: go('Proceeding', 'passUp'),
        final,
        transportError,
        destroy,
        ...ignored('Trying', 'start', 'timerK'),
      },
      Proceeding: {
        // RFC 3261 §17.1.2.2: after a provisional response, the request is still repeated, with a pause of T2.
        timerE: go('Proceeding', 'startEAtT2', 'send'),
        timerF,
        provisional: go('Proceeding', 'passUp'),
        final,
        transportError,
        destroy,
        ...ignored('Proceeding', 'start', 'timerK'),
      },
      Completed: {
        timerK: go('Terminated', 'rest', 'terminate'),
        destroy,
        ...ignored('Completed', 'start', 'provisional', 'final', 'transportError', 'timerE', 'timerF'),
      },
      Terminated: {
        ...ignored('Terminated', 'start', 'provisional', 'final', 'transportError'),
        ...ignored('Terminated', 'timerE', 'timerF', 'timerK', 'destroy'),
      },
    }
  },
)
