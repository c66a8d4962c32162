/** The server side of a request: its retained bytes, the path of its responses and the server transaction. */

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
  const { status, reason } = answer
  const { received, rport } = side.viaSource
  const toTag = status === 100 ? undefined : side.tag
  return writeResponse(side.message, {
    received,
    rport,
    status,
    reason: latin1Of(reason),
    toTag,
    extra: extraLines(answer, agent),
  })
}

function extraLines({ warning, warningCode = 399, headers }: Answer, agent: string): string {
  const why = warning === undefined ? '' : `${warningHead(warningCode, agent)}${warning}"\r\n`
  return headers === undefined ? why : why + headers.map(headerLine).join('')
}

const NO_HEAD = { code: 0, agent: '', text: '' }
let lastHead = NO_HEAD

/** The part of a Warning line before its text. Nearly all Warnings have the same one, so the last one is remembered. */
function warningHead(code: number, agent: string): string {
  if (lastHead.code !== code || lastHead.agent !== agent)
    lastHead = { code, agent, text: `Warning: ${code} ${agent} "` }
  return lastHead.text
}
