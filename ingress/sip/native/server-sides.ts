/** The server sides of requests: their transactions, their tags, and the proxied INVITEs that a CANCEL must find. */
import { randomBytes } from 'node:crypto'
import { SERVICE_UNAVAILABLE } from '../port/answers.ts'
import type { Answer } from '../port/engine.ts'
import { TextHash } from '../proxy/text-hash.ts'
import type { EngineCore } from './engine-core.ts'
import { createOnceAnswers, type OnceAnswered, type OnceAnswers } from './once-answers.ts'
import { type ReceivedRequest, reportDrop } from './received-request.ts'
import type { ProxiedInvite } from './relay/proxied-invite.ts'
import { createResponsePaths, type ResponsePath, viaSourceOf } from './response-path.ts'
import { type ServerSide, writeAnswer } from './server-side.ts'
import { ByteStore } from './transaction/byte-store.ts'
import { ServerTransaction, type ServerTransactionHost } from './transaction/server-transaction.ts'
import type { TransactionKey } from './transaction/transaction-key.ts'
import { createUnvouchedTransactions } from './unvouched-transactions.ts'

export interface ServerSides {
  /**
   * Makes the server transaction of a request whose message was copied (`keep`). If there are too many transactions, returns
   * undefined and sends a 503 without a transaction, because a known peer always gets an answer (invariant I2).
   */
  open(request: ReceivedRequest): ServerSide | undefined
  /**
   * Like `open`, but for a source of which we only know a valid dialog cookie. The number of such transactions is limited, per
   * dialog and in all. Over UDP, a response is repeated only when its request is repeated. If there are too many transactions,
   * returns undefined, and sends an answer without a transaction if the limit for such answers allows that.
   */
  openUnvouched(request: ReceivedRequest): ServerSide | undefined
  /**
   * Makes the server transaction of a request and sends its only answer. Nothing of the request is kept. `tag`: the To tag; if
   * it is absent, the tag is made from the key. If there are too many transactions, does what `open` does and returns false.
   */
  respond(request: ReceivedRequest, answer: Answer, tag?: string): boolean
  /**
   * Answers an unvouched source. The answer needs no transaction, we never repeat it ourselves, and the number of such answers
   * is limited.
   */
  answerOnce(request: ReceivedRequest, answer: Answer): OnceAnswered
  /**
   * Whether an ACK acknowledges an answer that was sent without a transaction. Such an ACK needs no further work. `key`: the
   * key of the INVITE, which the ACK shares.
   */
  endsOnce(key: TransactionKey, toTag: string | undefined): boolean
  /**
   * RFC 3261 §8.2.6.2: all our answers to an INVITE and to its CANCEL have one tag. The tag is made only from the INVITE's key.
   */
  tagOf(key: TransactionKey): string
  /** Starts a proxied INVITE, and retains it until its final response has been sent. */
  start(side: ServerSide, invite: ProxiedInvite): void
  /** Called when the process ends. Answers 503 to every call that still waits for a backend. */
  endAll(): void
}

export function createServerSides(core: EngineCore): ServerSides {
  const unvouched = createUnvouchedTransactions()
  const secret = randomBytes(8)
  const seedA = secret.readInt32LE(0)
  const seedB = secret.readInt32LE(4)
  const host: ServerTransactionHost = {
    clock: core.clock,
    responses: new ByteStore(),
    user: {
      onTimeout: () => undefined,
      onTerminated: (transaction) => {
        unvouched.leave(transaction)
        core.transactions.removeServer(transaction)
        transaction.waiting?.serverEnded()
      },
    },
  }
  const hash = new TextHash()
  const tagOf = ({ bytes, length }: TransactionKey): string =>
    hash.begin(seedA, seedB).addBytes(bytes, 0, length).text()
  const once = createOnceAnswers(core, tagOf)
  const pathOf = createResponsePaths(core)
  const begin = (request: ReceivedRequest, path: ResponsePath, quiet = false): ServerTransaction | undefined => {
    const kind = request.message.method === 'INVITE' ? 'invite' : 'non-invite'
    const transaction = new ServerTransaction(kind, path, host, quiet)
    return core.transactions.addServer(request.key, transaction) ? transaction : undefined
  }
  const open = (request: ReceivedRequest, quiet: boolean): ServerSide | undefined => {
    const path = pathOf(request.flow, request.facts.via)
    const transaction = begin(request, path, quiet)
    return transaction && sideOf(request, { transaction, path, tag: tagOf(request.key) })
  }
  return {
    open: (request) => {
      const side = open(request, false)
      if (!side) answerBusy(core, once, request)
      return side
    },
    openUnvouched: (request) => {
      const { callId } = request.facts
      const side = unvouched.full(callId) ? undefined : open(request, request.flow.transport === 'UDP')
      if (side) unvouched.enter(side.transaction, callId)
      else answerBusy(core, once, request)
      return side
    },
    respond: (request, answer, tag = tagOf(request.key)) => {
      const { message, facts, flow } = request
      const transaction = begin(request, pathOf(flow, facts.via))
      if (!transaction) {
        answerBusy(core, once, request)
        return false
      }
      const answered = { message, viaSource: viaSourceOf(facts.via, flow), tag }
      transaction.respond(answer.status, writeAnswer(answered, answer, core.names.warningAgent))
      return true
    },
    answerOnce: (request, answer) => once.answer(request, answer),
    endsOnce: (key, toTag) => once.ends(key, toTag),
    tagOf,
    start: ({ transaction }, invite) => {
      transaction.waiting = invite
      invite.start()
    },
    endAll: () => core.transactions.forEachServer(({ waiting }) => waiting?.end(SERVICE_UNAVAILABLE)),
  }
}

/**
 * RFC 3261 §8.2.7: answers 503 without a transaction. A known peer always gets it. For other senders, the number of answers is
 * limited.
 */
function answerBusy(core: EngineCore, once: OnceAnswers, request: ReceivedRequest): void {
  const known = core.application.isKnown(request.flow.peer)
  if (known) once.send(request, SERVICE_UNAVAILABLE)
  if (!known && once.answer(request, SERVICE_UNAVAILABLE) === 'silent') return
  reportDrop(core, request.flow, { reason: 'over_limit', method: request.message.method })
}

function sideOf(
  { message, facts, flow }: ReceivedRequest,
  own: Pick<ServerSide, 'transaction' | 'path' | 'tag'>,
): ServerSide {
  const { transaction, path, tag } = own
  return { peer: flow.peer, message, facts, viaSource: viaSourceOf(facts.via, flow), flow, transaction, tag, path }
}
