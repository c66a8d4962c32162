/** The server sides of requests: their transactions, their tags, and the proxied INVITEs that a CANCEL must find. */
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
   * Makes the server transaction of a request. If there are too many transactions, returns undefined and sends a 503 without a
   * transaction, because a known peer always gets an answer (invariant I2). If `tag` is absent, the To tag is made from the
   * key.
   */
  open(request: ReceivedRequest, key: string, tag?: string): ServerSide | undefined
  /**
   * Like `open`, but for a source of which we only know a valid dialog cookie. The number of such transactions is limited, per
   * dialog and in all. Over UDP, a response is repeated only when its request is repeated. If there are too many transactions,
   * returns undefined, and sends an answer without a transaction if the limit for such answers allows that.
   */
  openUnvouched(request: ReceivedRequest, key: string): ServerSide | undefined
  answer(side: ServerSide, answer: Answer): void
  /**
   * Answers an unvouched source. The answer needs no transaction, we never repeat it ourselves, and the number of such answers
   * is limited.
   */
  answerOnce(request: ReceivedRequest, key: string, answer: Answer): OnceAnswered
  /**
   * Whether an ACK acknowledges an answer that was sent without a transaction. Such an ACK needs no further work. `key`: the
   * key of the INVITE, which the ACK shares.
   */
  endsOnce(key: string, toTag: string | undefined): boolean
  /**
   * RFC 3261 §8.2.6.2: all our answers to an INVITE and to its CANCEL have one tag. The tag is made only from the INVITE's key.
   */
  tagOf(key: string): string
  /** The proxied INVITE with this key, if it still waits for its final response. */
  proxied(key: string): ProxiedInvite | undefined
  /** Starts a proxied INVITE, and retains it until its final response has been sent. */
  start(key: string, invite: ProxiedInvite): void
  /** Called when the process ends. Answers 503 to every call that still waits for a backend. */
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

/**
 * RFC 3261 §8.2.7: answers 503 without a transaction. A known peer always gets it. For other senders, the number of answers is
 * limited.
 */
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
