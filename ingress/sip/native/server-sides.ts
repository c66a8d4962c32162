/** The server side of requests: transactions, their tags, and the proxied INVITEs, which a CANCEL must find. */
import { randomBytes } from 'node:crypto'
import { SERVICE_UNAVAILABLE } from '../port/answers.ts'
import type { Answer } from '../port/engine.ts'
import { TextHash } from '../proxy/text-hash.ts'
import type { EngineCore } from './engine-core.ts'
import { createOnceAnswers, type OnceAnswered, type OnceAnswers } from './once-answers.ts'
import { peerOf, type ReceivedRequest, reportDrop } from './received-request.ts'
import type { ProxiedInvite } from './relay/proxied-invite.ts'
import { ResponsePath, viaSourceOf } from './response-path.ts'
import { type ServerSide, writeAnswer } from './server-side.ts'
import { ServerTransaction, type ServerTransactionUser } from './transaction/server-transaction.ts'
import { createUnvouchedTransactions } from './unvouched-transactions.ts'

export interface ServerSides {
  /**
   * Makes the server transaction of a request. Undefined if there are too many transactions. Then a 503 was sent without state,
   * because a known peer always gets an answer (invariant I2). Without `tag`, the To tag is made from the key.
   */
  open(request: ReceivedRequest, key: string, tag?: string): ServerSide | undefined
  /**
   * Like `open`, but for a source for which only a dialog cookie vouches. The number of such transactions is limited per dialog
   * and in all. Over UDP, a response is repeated only for a repeat of its request. Undefined if there are too many transactions.
   * Then an answer without state was sent, if the limit for such answers allowed it.
   */
  openUnvouched(request: ReceivedRequest, key: string): ServerSide | undefined
  answer(side: ServerSide, answer: Answer): void
  /** Answers an unvouched source: without state, without repeats of our own, and within limits. */
  answerOnce(request: ReceivedRequest, key: string, answer: Answer): OnceAnswered
  /**
   * Whether an ACK acknowledges an answer without state, so that nothing is left to do for it. An ACK has the key of its
   * INVITE.
   */
  endsOnce(key: string, toTag: string | undefined): boolean
  /**
   * RFC 3261 §8.2.6.2: all our answers to an INVITE and to its CANCEL have one tag. It is made only from the key of the INVITE.
   */
  tagOf(key: string): string
  /** A proxied INVITE that still waits for its final response. */
  proxied(key: string): ProxiedInvite | undefined
  /** Starts a proxied INVITE, and retains it until its final response has been sent. */
  start(key: string, invite: ProxiedInvite): void
  /** Answers every call that still waits for a backend with 503, because the process ends. */
  endAll(): void
}

export function createServerSides(core: EngineCore): ServerSides {
  const proxied = new Map<string, ProxiedInvite>()
  const unvouched = createUnvouchedTransactions()
  const secret = randomBytes(8)
  const seeds = [secret.readUInt32LE(0), secret.readUInt32LE(4)] as const
  const user: ServerTransactionUser = {
    onTimeout: () => undefined,
    onTerminated: (transaction) => {
      unvouched.leave(transaction)
      core.transactions.removeServer(transaction)
      proxied.get(transaction.key)?.serverEnded()
    },
  }
  const tagOf = (key: string): string => new TextHash(...seeds).add(key).text()
  const once = createOnceAnswers(core, tagOf)
  return {
    open: (request, key, tag = tagOf(key)) => {
      const side = openSide(core, user, request, { key, tag })
      if (!side) answerBusy(core, once, request, key)
      return side
    },
    openUnvouched: (request, key) => {
      const { callId } = request.facts
      const side = unvouched.full(callId)
        ? undefined
        : openSide(core, user, request, { key, tag: tagOf(key), quiet: request.flow.transport === 'UDP' })
      if (side) unvouched.enter(side.transaction, callId)
      else answerBusy(core, once, request, key)
      return side
    },
    answer: (side, answer) =>
      side.transaction.respond(answer.status, writeAnswer(side, answer, core.names.warningAgent)),
    answerOnce: (request, key, answer) => once.answer(request, key, answer),
    endsOnce: (key, toTag) => once.ends(key, toTag),
    tagOf,
    proxied: (key) => proxied.get(key),
    start: (key, invite) => {
      proxied.set(key, invite)
      invite.start(() => proxied.delete(key))
    },
    endAll: () => {
      for (const invite of [...proxied.values()]) invite.end(SERVICE_UNAVAILABLE)
    },
  }
}

/** A known peer always gets an answer. Answers to all others are limited. */
function answerBusy(core: EngineCore, once: OnceAnswers, request: ReceivedRequest, key: string): void {
  const known = core.application.isKnown(peerOf(request.flow))
  if (known) once.send(request, key, SERVICE_UNAVAILABLE)
  if (!known && once.answer(request, key, SERVICE_UNAVAILABLE) === 'silent') return
  reportDrop(core, request.flow, { reason: 'over_limit', method: request.message.method })
}

function openSide(
  core: EngineCore,
  user: ServerTransactionUser,
  request: ReceivedRequest,
  identity: { readonly key: string; readonly tag: string; readonly quiet?: boolean },
): ServerSide | undefined {
  const { message, facts, flow } = request
  const sink = new ResponsePath(core, flow, facts.via)
  const kind = message.method === 'INVITE' ? 'invite' : 'non-invite'
  const { key, quiet = false } = identity
  const transaction = new ServerTransaction({ kind, key, sink, clock: core.clock, user, quiet })
  const side: ServerSide = {
    peer: peerOf(flow),
    message,
    facts,
    viaSource: viaSourceOf(facts.via, flow),
    flow,
    transaction,
    tag: identity.tag,
    path: sink,
  }
  return core.transactions.addServer(transaction) ? side : undefined
}
