/** The server side of requests: transactions, their tags, and the proxied INVITEs that a CANCEL finds. */
import { randomBytes } from 'node:crypto'
import type { Answer } from './engine.ts'
import type { EngineCore } from './proxy/engine-core.ts'
import type { ProxiedInvite } from './proxy/proxied-invite.ts'
import { type ServerSide, writeAnswer } from './proxy/server-side.ts'
import { peerOf, type ReceivedRequest, reportDrop } from './received-request.ts'
import { ResponsePath, viaSourceOf } from './response-path.ts'
import { TextHash } from './text-hash.ts'
import { ServerTransaction, type ServerTransactionUser } from './transaction/server-transaction.ts'

export interface ServerSides {
  /**
   * Makes the server transaction of a request. Undefined where there are too many: then the answer has been a 503
   * without state, because a known peer is never left without one (invariant I2).
   */
  open(request: ReceivedRequest, key: string, tag: string): ServerSide | undefined
  answer(side: ServerSide, answer: Answer): void
  /** RFC 3261 §8.2.6.2: one tag for all that we answer to an INVITE and to its CANCEL, made of the key alone. */
  tagOf(key: string): string
  /** A proxied INVITE that still waits for its final response. */
  proxied(key: string): ProxiedInvite | undefined
  /** Starts it, and keeps it until its final response is out. */
  start(key: string, invite: ProxiedInvite): void
  /** Ends every call that still waits for a backend with a 503: the process is going away. */
  endAll(): void
}

const BUSY: Answer = { status: 503, reason: 'Service Unavailable' }

export function createServerSides(core: EngineCore): ServerSides {
  const proxied = new Map<string, ProxiedInvite>()
  const secret = randomBytes(8)
  const seeds = [secret.readUInt32LE(0), secret.readUInt32LE(4)] as const
  const user: ServerTransactionUser = {
    onTimeout: () => undefined,
    onTerminated: (transaction) => {
      core.transactions.removeServer(transaction)
      proxied.get(transaction.key)?.serverEnded()
    },
  }
  return {
    open: (request, key, tag) => openSide(core, user, request, { key, tag }),
    answer: (side, answer) =>
      side.transaction.respond(answer.status, writeAnswer(side, answer, core.names.warningAgent)),
    tagOf: (key) => new TextHash(...seeds).add(key).text(),
    proxied: (key) => proxied.get(key),
    start: (key, invite) => {
      proxied.set(key, invite)
      invite.start(() => proxied.delete(key))
    },
    endAll: () => {
      for (const invite of [...proxied.values()]) invite.end(BUSY)
    },
  }
}

function openSide(
  core: EngineCore,
  user: ServerTransactionUser,
  request: ReceivedRequest,
  identity: { readonly key: string; readonly tag: string },
): ServerSide | undefined {
  const { message, facts, flow } = request
  const sink = new ResponsePath(core, flow, facts.via)
  const kind = message.method === 'INVITE' ? 'invite' : 'non-invite'
  const transaction = new ServerTransaction({ kind, key: identity.key, sink, clock: core.clock, user })
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
  if (core.transactions.addServer(transaction)) return side
  sink.sendResponse(writeAnswer(side, BUSY, core.names.warningAgent))
  reportDrop(core, flow, { reason: 'over_limit', method: message.method })
  return undefined
}
