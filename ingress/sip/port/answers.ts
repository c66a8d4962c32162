/**
 * All answers that the engines make themselves. Each has a status and a reason phrase; a refusal also has a code. The answers
 * that rules and trunks name are in the table instead. The answers to messages that cannot be read are in `message/`, because
 * their phrase names the exact fault.
 */
import { reasonPhrase } from '../../text/reason-phrase.ts'
import type { Answer } from './engine.ts'

/** An answer to a request that we must not or cannot proxy. */
export interface Refusal extends Answer {
  /**
   * The code is stable, because logs show it. It is written separately from the phrase, so that the phrase can change and the
   * code stays.
   */
  readonly code: string
}

const answer = (status: number, reason = reasonPhrase(status)): Answer => ({ status, reason })
const refusal = (status: number, code: string, reason?: string): Refusal => ({ ...answer(status, reason), code })

export const TRYING = answer(100)
export const OK = answer(200)
export const MOVED_TEMPORARILY = answer(302)
export const BAD_REQUEST = answer(400)
export const BAD_CONTENT_LENGTH = answer(400, 'Bad Content-Length')
export const SEVERAL_ASSERTED_IDENTITIES = answer(400, 'Several Asserted Identities')
export const USER_TOO_LONG = answer(400, 'User Too Long')
export const FORBIDDEN = answer(403)
export const REQUEST_TIMEOUT = answer(408)
/** RFC 5630: a sips call needs TLS, and no backend can be reached over TLS. The Warning code 380 says this. */
export const SIPS_NOT_ALLOWED: Answer = { ...answer(480), warningCode: 380 }
export const CALL_DOES_NOT_EXIST = answer(481)
export const REQUEST_TERMINATED = answer(487)
export const REQUEST_PENDING = answer(491)
export const SERVER_ERROR = answer(500)
/**
 * RFC 3311 §5.2, RFC 3261 §14.2: the request cannot be handled while the call rings. Retry-After tells the peer when to send it
 * again.
 */
export const NOT_WHILE_RINGING = {
  ...SERVER_ERROR,
  headers: [{ name: 'Retry-After', value: '1' }],
} satisfies Answer
/**
 * RFC 3261 §16.9, §16.7 step 6: the target cannot be reached. The answer is 500 and not 503, because a peer would apply a 503
 * to all of its calls.
 */
export const NEXT_HOP_UNREACHABLE = answer(500, 'Next Hop Unreachable')
export const SERVICE_UNAVAILABLE = answer(503)
export const MESSAGE_TOO_LARGE = answer(513)

export const REPEATED_HEADER = refusal(400, 'repeated_header', 'Repeated Header')
export const MAX_BREADTH_EXCEEDED = refusal(440, 'max_breadth_exceeded', 'Max-Breadth Exceeded')
export const LOOP_DETECTED = refusal(482, 'loop_detected')
export const TOO_MANY_HOPS = refusal(483, 'too_many_hops')

/** RFC 3261 §16.3 step 5: the 420 MUST list the extensions that we do not know. */
export function badExtension(unsupported: string): Refusal {
  return { ...refusal(420, 'bad_extension'), headers: [{ name: 'Unsupported', value: unsupported }] }
}

/** The methods that may be used inside a dialog, and OPTIONS. */
const ALLOWED = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'UPDATE', 'INFO', 'PRACK', 'REFER', 'NOTIFY', 'MESSAGE']

/**
 * RFC 3261 §21.4.6: the 405 MUST list the methods that are allowed. The refused method is left out. `unavailable`: a method
 * that the engine never accepts, and that is left out too. With drachtio-servers this is PRACK, because there no provisional
 * response is reliable (RFC 3262 §3).
 */
export function methodNotAllowed(method: string, unavailable?: string): Refusal {
  const value = ALLOWED.filter((allowed) => allowed !== method && allowed !== unavailable).join(', ')
  return { ...refusal(405, 'method_not_allowed'), headers: [{ name: 'Allow', value }] }
}

/** Adds a Warning to the answer (RFC 3261 §20.43). It contains the reason, and the id under which the log has the decision. */
export function explainedAnswer(own: Answer, why: string, decisionId: string): Answer {
  const { status, reason, warningCode, headers } = own
  return { status, reason, warning: `${why} ${decisionId}`, warningCode, headers }
}
