/** The non-INVITE client transaction: RFC 3261 §17.1.2. */
import { go, ignored, transportTables } from './transition-table.ts'

/** `Initial`: made, but the request has not been handed over yet. */
export type NonInviteClientState = 'Initial' | 'Trying' | 'Proceeding' | 'Completed' | 'Terminated'

/** From the transaction user, from the peer (by class of response), from the transport and from the clock. */
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
  /** Timer E at T1 and doubling up to T2; `startEAtT2`: at T2 from now on. */
  | 'startE'
  | 'startEAtT2'
  | 'startF'
  | 'startK'
  /** Stop every timer and let go of the request. */
  | 'rest'
  /** Give the response at hand to the user. */
  | 'passUp'
  /** Tell the user that no final response came, or that the request could not be sent. */
  | 'timeout'
  | 'transportError'
  | 'terminate'

/** Which input a response of the peer is. */
export function nonInviteClientInput(status: number): NonInviteClientInput {
  return status < 200 ? 'provisional' : 'final'
}

/** The effects of a transition come in an order in which the user may call back at any of them. */
export const nonInviteClientTables = transportTables<NonInviteClientState, NonInviteClientInput, NonInviteClientEffect>(
  (reliable) => {
    // RFC 3261 §17.1.2.2: Timer K is T4 for unreliable transports and zero for reliable ones.
    const final = reliable
      ? go('Terminated', 'rest', 'passUp', 'terminate')
      : go('Completed', 'rest', 'startK', 'passUp')
    const timerF = go('Terminated', 'rest', 'timeout', 'terminate')
    const transportError = go('Terminated', 'rest', 'transportError', 'terminate')
    const destroy = go('Terminated', 'rest', 'terminate')
    return {
      Initial: {
        // RFC 3261 §17.1.2.2: Timer E is for unreliable transports, Timer F for all.
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
        // RFC 3261 §17.1.2.2: after a provisional response the request goes on being repeated, every T2.
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
