import { SERVER_ERROR } from './answers.ts'
import type { Application } from './application.ts'
import type { InboundCall } from './engine.ts'

/** A call that remembers whether the application has decided it, by `drop`, `respond`, `respondOnce` or `proxy`. */
export interface OfferedCall extends InboundCall {
  readonly isDecided: boolean
}

/**
 * Gives the call to the application. If the application does not decide the call, a known peer gets 500, so that it does not
 * wait forever. A stranger's call is then dropped.
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
