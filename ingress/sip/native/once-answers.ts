/**
 * Answers to unvouched sources, made without a transaction (RFC 3261 §8.2.7). Over UDP, the source address may be forged and
 * belong to a victim. So the source gets at most one answer per datagram that came. We repeat an answer only when the request
 * is repeated. The number of answers to each source is limited.
 */

import type { Answer } from '../port/engine.ts'
import { createInviteMemory } from './dropped-invites.ts'
import type { EngineCore } from './engine-core.ts'
import { type ReceivedRequest, reportDrop } from './received-request.ts'
import { ResponsePath, viaSourceOf } from './response-path.ts'
import { writeAnswer } from './server-side.ts'
import type { TransactionKey } from './transaction/transaction-key.ts'
import { createUnvouchedBudget } from './unvouched-budget.ts'

/**
 * `again`: the request is a repeat and got the same answer again. `silent`: the limit was reached, so nothing was sent and the
 * packet is counted as dropped.
 */
export type OnceAnswered = 'first' | 'again' | 'silent'

export interface OnceAnswers {
  answer(request: ReceivedRequest, answer: Answer): OnceAnswered
  /** Like `answer`, for a known peer. The number of these answers has no limit. */
  send(request: ReceivedRequest, answer: Answer): OnceAnswered
  /** Whether an ACK with this key and To tag acknowledges an answer that was sent here. */
  ends(key: TransactionKey, toTag: string | undefined): boolean
}

/**
 * `tagOf` makes a To tag from a key. The same key always gives the same tag, so that a repeat gets the same answer (RFC 3261
 * §8.2.7).
 */
export function createOnceAnswers(core: EngineCore, tagOf: (key: TransactionKey) => string): OnceAnswers {
  const budget = createUnvouchedBudget()
  const answered = createInviteMemory()
  const send: OnceAnswers['send'] = (request, answer) => {
    const { message, facts, flow, key } = request
    const side = { message, viaSource: viaSourceOf(facts.via, flow), tag: tagOf(key) }
    new ResponsePath(core, flow, facts.via).sendOnce(writeAnswer(side, answer, core.names.warningAgent))
    return answered.seen(key, core.clock.now()) ? 'again' : 'first'
  }
  return {
    send,
    answer: (request, answer) => {
      const { flow, message } = request
      if (budget.take(flow.remoteAddress, core.clock.now())) return send(request, answer)
      reportDrop(core, flow, { reason: 'over_limit', method: message.method })
      return 'silent'
    },
    // Outside a dialog, the tag was made from the key, so comparing the tags is enough. Inside a dialog, the tag was made
    // earlier, by the side that was called. So the key is looked up in the memory of answered INVITEs.
    ends: (key, toTag) => toTag !== undefined && (toTag === tagOf(key) || answered.has(key, core.clock.now())),
  }
}
