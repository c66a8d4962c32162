/** The server side of a request: its retained bytes, the path of its responses and the server transaction. */

import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { type ResponseOptions, writeResponse } from '../message/write-response.ts'
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
  /** RFC 3261 §8.2.6.2: this To tag is in every response that we make to this request, and in the 200 to its CANCEL. */
  readonly tag: string
  /**
   * Sends a response without the transaction. A 2xx that comes after another final response needs this (RFC 3261 §16.7 step 5).
   */
  readonly path: ResponseSink
}

/** Writes a response that we make ourselves. Every such response except 100 has a To tag (RFC 3261 §8.2.6.2). */
export function writeAnswer(
  side: Pick<ServerSide, 'message' | 'viaSource' | 'tag'>,
  answer: Answer,
  agent: string,
): Buffer {
  const { status, warning, warningCode = 399, headers } = answer
  const { received, rport } = side.viaSource
  options.received = received
  options.rport = rport
  options.status = status
  options.reason = latin1Of(answer.reason)
  options.toTag = status === 100 ? undefined : side.tag
  options.warningStart = warning === undefined ? undefined : warningStart(warningCode, agent)
  options.warning = warning
  options.extra = headers?.map(headerLine).join('')
  return writeResponse(side.message, options)
}

/**
 * The options of the response that is being written. All responses share this object, so that no object is made for each
 * response.
 */
const options: { -readonly [Key in keyof ResponseOptions]: ResponseOptions[Key] } = {
  received: undefined,
  rport: undefined,
  status: 0,
  reason: '',
  toTag: undefined,
  warningStart: undefined,
  warning: undefined,
  extra: undefined,
}

const NO_START = { code: 0, agent: '', text: '' }
let lastStart = NO_START

/** The part of a Warning line before its text. Nearly all Warnings have the same part, so the last part is remembered. */
function warningStart(code: number, agent: string): string {
  if (lastStart.code !== code || lastStart.agent !== agent)
    lastStart = { code, agent, text: `Warning: ${code} ${agent} "` }
  return lastStart.text
}
