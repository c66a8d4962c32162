import { SERVER_ERROR } from './answers.ts'
import type { Application } from './application.ts'
import type { InboundCall } from './engine.ts'

/** A call whose engine knows whether one of its verbs has been called. */
export interface OfferedCall extends InboundCall {
  readonly isDecided: boolean
}

/** Asks the application, and answers for it should it fail to decide: a known peer never waits for nothing. */
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
