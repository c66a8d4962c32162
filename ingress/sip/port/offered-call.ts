import { SERVER_ERROR } from './answers.ts'
import type { Application } from './application.ts'
import type { InboundCall } from './engine.ts'

/** A call that records whether one of its verbs has been called. */
export interface OfferedCall extends InboundCall {
  readonly isDecided: boolean
}

/**
 * Offers the call to the application. If the application does not decide the call, a known peer gets 500, so that the peer does
 * not wait for an answer that never comes. A stranger's call is dropped.
 */
export function offerCall(application: Application, call: OfferedCall): void {
  try {
    application.onInvite(call)
  } catch (error) {
    application.onEvent({ type: 'fault', code: 'call-handler-failed', message: String(error) })
  }
  if (call.isDecided) return
  if (application.isKnown(call.peer)) call.respond(SERVER_ERROR)
  else call.drop()
}
