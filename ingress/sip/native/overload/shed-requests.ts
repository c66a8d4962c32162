/**
 * Sheds requests while the process is behind. A known peer gets a 503 without a transaction (RFC 3261 §8.2.7, §21.5.4), and a
 * stranger gets no byte (invariant I1). A repeat gets the same answer again.
 */

import { parseMessage } from '../../message/parse-message.ts'
import { readRequestFacts } from '../../message/request-facts.ts'
import { SipMessage } from '../../message/sip-message.ts'
import { FORBIDDEN, SERVICE_UNAVAILABLE } from '../../port/answers.ts'
import type { Peer } from '../../port/engine.ts'
import { MessageRequest } from '../../port/inbound-request.ts'
import { createFingerprintMemory, type FingerprintMemory } from '../dropped-invites.ts'
import type { EngineCore } from '../engine-core.ts'
import type { Flow } from '../transport/transport.ts'
import { fingerprintOf, type InviteIdentities } from './invite-identity.ts'
import { MAX_SHED_INVITES } from './limits.ts'
import type { PacketHash, PacketScan } from './packet-scan.ts'
import { type AnswerFrame, answerFrame, answerPort, hasTagOf, writeShedAnswer } from './shed-answer.ts'

/** Call `look` first: `refuse`, `drop` and `isEnded` then work on the request that `look` got. */
export interface ShedRequests {
  /** Whether this request was shed before, as far as we remember. If it was, it must be shed again. */
  look(scan: PacketScan, flow: Flow): boolean
  /**
   * Answers a known peer's INVITE. `arrivedAt`: the time on the clock at which the INVITE was read. Returns false, and does
   * nothing, if the INVITE must be handled in the usual way.
   */
  refuse(arrivedAt: number): boolean
  /** Drops a stranger's request. */
  drop(): void
  /** Whether the request is an ACK to an answer that `refuse` sent. Such an ACK needs no further work. */
  isEnded(): boolean
  /** Reports the INVITEs of known peers that were shed since the last report. */
  report(): void
}

/** What was shed since the last report, for known peers. */
interface Unreported {
  requests: number
  calls: number
  longestWaitMs: number
  lastFlow: Flow | undefined
}

interface ShedState {
  readonly core: EngineCore
  readonly memory: FingerprintMemory
  readonly message: SipMessage
  readonly overload: AnswerFrame
  readonly forbidden: AnswerFrame
  readonly unreported: Unreported
}

/** The request that `look` got last. The next call of `look` uses the same scan and the same hash again. */
interface Looked {
  readonly scan: PacketScan
  readonly flow: Flow
  readonly hash: PacketHash
}

export function createShedRequests(core: EngineCore, identities: InviteIdentities): ShedRequests {
  const { warningAgent } = core.names
  const state: ShedState = {
    core,
    memory: createFingerprintMemory(MAX_SHED_INVITES),
    message: new SipMessage(),
    overload: answerFrame(503, SERVICE_UNAVAILABLE.reason, `${warningAgent} "over_limit overload"`),
    forbidden: answerFrame(403, FORBIDDEN.reason, `${warningAgent} "rejected"`),
    unreported: { requests: 0, calls: 0, longestWaitMs: 0, lastFlow: undefined },
  }
  let looked: Looked | undefined
  return {
    look: (scan, flow) => {
      const hash = identities.hashOf(scan, flow)
      looked = { scan, flow, hash }
      return state.memory.has(fingerprintOf(hash), core.clock.now())
    },
    refuse: (arrivedAt) => looked !== undefined && refuse(state, looked, arrivedAt),
    drop: () => looked && drop(state, looked),
    isEnded: () => looked !== undefined && hasTagOf(looked.scan, looked.hash),
    report: () => report(state),
  }
}

function refuse(state: ShedState, looked: Looked, arrivedAt: number): boolean {
  const peer = looked.flow.peer
  if (state.core.application.isTrustedProxy(peer)) {
    const request = readRequest(state.message, looked.scan, peer)
    if (request === undefined) return false
    if (!state.core.application.admits(request)) return forbid(state, looked, request)
  }
  if (!answer(looked, state.overload)) return false
  const { unreported, core } = state
  const now = core.clock.now()
  unreported.requests++
  if (!isRepeat(state, looked, now)) unreported.calls++
  unreported.longestWaitMs = Math.max(unreported.longestWaitMs, now - arrivedAt)
  unreported.lastFlow = looked.flow
  return true
}

/**
 * Reads the request of a trusted proxy. Undefined if the request has a fault. It is then answered in the usual way, and the
 * answer names the fault.
 */
function readRequest(message: SipMessage, scan: PacketScan, peer: Peer): MessageRequest | undefined {
  const { bytes, method, limit } = scan
  if (parseMessage(message, bytes, method.from, limit - method.from)) return undefined
  const facts = readRequestFacts(message)
  return 'fault' in facts ? undefined : new MessageRequest(peer, message, facts)
}

/**
 * Refuses the INVITE of a caller who is a stranger behind a trusted proxy. A stranger must not notice the overload, so the
 * proxy gets the same 403 as at any other time.
 */
function forbid(state: ShedState, looked: Looked, request: MessageRequest): boolean {
  if (!answer(looked, state.forbidden)) return false
  const { application, clock } = state.core
  const repeated = isRepeat(state, looked, clock.now())
  const { peer, method } = request
  application.onEvent({ type: 'shed', sender: 'proxied-stranger', peer, method, repeated, request })
  return true
}

function answer({ scan, flow, hash }: Looked, frame: AnswerFrame): boolean {
  const bytes = writeShedAnswer(scan, flow, frame, hash)
  if (bytes === undefined) return false
  flow.sendOnce(bytes, flow.transport === 'UDP' ? answerPort(scan) : undefined)
  return true
}

function drop(state: ShedState, looked: Looked): void {
  const { bytes, method: part } = looked.scan
  const method = bytes.toString('latin1', part.from, part.to)
  const { application, clock } = state.core
  const repeated = isRepeat(state, looked, clock.now())
  const peer = looked.flow.peer
  application.onEvent({ type: 'shed', sender: 'stranger', peer, method, repeated, request: undefined })
}

/** Whether the request was shed before. If it was not, it is remembered from now on. */
function isRepeat({ memory }: ShedState, { hash }: Looked, now: number): boolean {
  return memory.seen(fingerprintOf(hash), now)
}

/** Reports many requests in one event. One event for each request would cost as much as the answer to it. */
function report({ core, unreported }: ShedState): void {
  const { requests, calls, longestWaitMs, lastFlow } = unreported
  if (lastFlow === undefined) return
  core.application.onEvent({ type: 'shed-known', requests, calls, longestWaitMs, lastPeer: lastFlow.peer })
  unreported.requests = 0
  unreported.calls = 0
  unreported.longestWaitMs = 0
  unreported.lastFlow = undefined
}
