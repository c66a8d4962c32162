/** The server side of a request: its retained bytes, the way back and the server transaction. */

import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { writeResponse } from '../message/write-response.ts'
import type { Answer, Peer } from '../port/engine.ts'
import { headerLine, latin1Of } from '../proxy/header-edits.ts'
import type { ViaSource } from './relay/forwarded-request.ts'
import type { ResponseSink, ServerTransaction } from './transaction/server-transaction.ts'
import type { Flow } from './transport/transport.ts'

export interface ServerSide {
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
  readonly viaSource: ViaSource
  readonly flow: Flow
  readonly transaction: ServerTransaction
  /** RFC 3261 §8.2.6.2: the To tag of every response of our own to this request, including the 200 to its CANCEL. */
  readonly tag: string
  /** Sends without the transaction. This is needed for a 2xx that comes after another final response (RFC 3261 §16.7 step 5). */
  readonly path: ResponseSink
}

/** Writes a response of our own. Only a 100 has no To tag (RFC 3261 §8.2.6.2). */
export function writeAnswer(
  side: Pick<ServerSide, 'message' | 'viaSource' | 'tag'>,
  answer: Answer,
  agent: string,
): Buffer {
  const { status, reason, warning, warningCode = 399, headers = [] } = answer
  const why = warning === undefined ? '' : `Warning: ${warningCode} ${agent} "${warning}"\r\n`
  return writeResponse(side.message, {
    ...side.viaSource,
    status,
    reason: latin1Of(reason),
    toTag: status === 100 ? undefined : side.tag,
    extra: why + headers.map(headerLine).join(''),
  })
}
