/**
 * Sheds requests while the process is behind. A known peer gets a 503 without a transaction (RFC 3261 §8.2.7, §21.5.4), and a
 * stranger gets no byte (invariant I1). A repeat gets the same answer again.
 */
import { MAX_SHED_INVITES } from '../../limits.ts'
import { parseMessage } from '../../message/parse-message.ts'
import { readRequestFacts } from '../../message/request-facts.ts'
import { SipMessage } from '../../message/sip-message.ts'
import { FORBIDDEN, SERVICE_UNAVAILABLE } from '../../port/answers.ts'
import type { Peer } from '../../port/engine.ts'
import { MessageRequest } from '../../port/inbound-request.ts'
import { createFingerprintMemory } from '../dropped-invites.ts'
import type { EngineCore } from '../engine-core.ts'
import { peerOf } from '../received-request.ts'
import type { Flow } from '../transport/transport.ts'
import { fingerprintOf, type InviteIdentities } from './invite-identity.ts'
import type { PacketScan } from './packet-scan.ts'
import { type AnswerFrame, answerFrame, answerPort, hasTagOf, writeShedAnswer } from './shed-answer.ts'

export interface ShedRequests {
  /** Whether this INVITE was shed before, as far as we remember. Then its repeat must be shed too. */
  hasShed(scan: PacketScan, flow: Flow): boolean
  /**
   * Answers a known peer's INVITE, which was read at `arrivedAt`. Returns false, and does nothing, if the INVITE must be handled
   * in the usual way.
   */
  refuse(scan: PacketScan, flow: Flow, arrivedAt: number): boolean
  /** Drops a stranger's request. */
  drop(scan: PacketScan, flow: Flow): void
  /** Whether the ACK acknowledges an answer of `refuse`. Such an ACK needs no further work. */
  ends(scan: PacketScan, flow: Flow): boolean
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
  readonly identities: InviteIdentities
  readonly memory: ReturnType<typeof createFingerprintMemory>
  readonly message: SipMessage
  readonly overload: AnswerFrame
  readonly forbidden: AnswerFrame
  readonly unreported: Unreported
}

export function createShedRequests(core: EngineCore, identities: InviteIdentities): ShedRequests {
  const { warningAgent } = core.names
  const state: ShedState = {
    core,
    identities,
    memory: createFingerprintMemory(MAX_SHED_INVITES),
    message: new SipMessage(),
    overload: answerFrame(503, SERVICE_UNAVAILABLE.reason, `${warningAgent} "over_limit overload"`),
    forbidden: answerFrame(403, FORBIDDEN.reason, `${warningAgent} "rejected"`),
    unreported: { requests: 0, calls: 0, longestWaitMs: 0, lastFlow: undefined },
  }
  return {
    hasShed: (scan, flow) => state.memory.has(fingerprintOf(identities.hashOf(scan, flow)), core.clock.now()),
    refuse: (scan, flow, arrivedAt) => refuse(state, scan, flow, arrivedAt),
    drop: (scan, flow) => drop(state, scan, flow),
    ends: (scan, flow) => hasTagOf(scan, identities.hashOf(scan, flow)),
    report: () => report(state),
  }
}

function refuse(state: ShedState, scan: PacketScan, flow: Flow, arrivedAt: number): boolean {
  const peer = peerOf(flow)
  if (state.core.application.isTrustedProxy(peer)) {
    const admitted = isAdmitted(state, scan, peer)
    if (admitted === undefined) return false
    if (!admitted) return forbid(state, scan, flow)
  }
  if (!answer(state, scan, flow, state.overload)) return false
  const { unreported, core } = state
  const now = core.clock.now()
  unreported.requests++
  if (!isRepeat(state, scan, flow)) unreported.calls++
  unreported.longestWaitMs = Math.max(unreported.longestWaitMs, now - arrivedAt)
  unreported.lastFlow = flow
  return true
}

/**
 * Whether some trunk admits the caller behind a trusted proxy. Undefined if the request has a fault: then it gets the answer that
 * names the fault. The request stays in `state.message`.
 */
function isAdmitted({ core, message }: ShedState, scan: PacketScan, peer: Peer): boolean | undefined {
  const request = readRequest(message, scan, peer)
  return request && core.application.admits(request)
}

function readRequest(message: SipMessage, scan: PacketScan, peer: Peer): MessageRequest | undefined {
  const { bytes, method, limit } = scan
  if (parseMessage(message, bytes, method.from, limit - method.from)) return undefined
  const facts = readRequestFacts(message)
  return 'fault' in facts ? undefined : new MessageRequest(peer, message, facts)
}

/**
 * Behind a trusted proxy, the caller is a stranger. It must not learn more from an overload than at other times, so the proxy gets
 * the answer that it always gets.
 */
function forbid(state: ShedState, scan: PacketScan, flow: Flow): boolean {
  if (!answer(state, scan, flow, state.forbidden)) return false
  const peer = peerOf(flow)
  const request = readRequest(state.message, scan, peer)
  const repeated = isRepeat(state, scan, flow)
  state.core.application.onEvent({ type: 'shed', sender: 'proxied-stranger', peer, method: 'INVITE', repeated, request })
  return true
}

function answer({ identities }: ShedState, scan: PacketScan, flow: Flow, frame: AnswerFrame): boolean {
  const bytes = writeShedAnswer(scan, flow, frame, identities.hashOf(scan, flow))
  if (bytes === undefined) return false
  flow.sendOnce(bytes, flow.transport === 'UDP' ? answerPort(scan) : undefined)
  return true
}

function drop(state: ShedState, scan: PacketScan, flow: Flow): void {
  const { bytes, method } = scan
  const name = bytes.toString('latin1', method.from, method.to)
  const repeated = isRepeat(state, scan, flow)
  const peer = peerOf(flow)
  state.core.application.onEvent({ type: 'shed', sender: 'stranger', peer, method: name, repeated, request: undefined })
}

/** Whether the request was shed before. It is remembered from now on. */
function isRepeat({ core, identities, memory }: ShedState, scan: PacketScan, flow: Flow): boolean {
  return memory.seen(fingerprintOf(identities.hashOf(scan, flow)), core.clock.now())
}

/** One event for many requests, because an event for each would cost as much as its answer. */
function report({ core, unreported }: ShedState): void {
  const { requests, calls, longestWaitMs, lastFlow } = unreported
  if (lastFlow === undefined) return
  core.application.onEvent({ type: 'shed-known', requests, calls, longestWaitMs, lastPeer: peerOf(lastFlow) })
  unreported.requests = 0
  unreported.calls = 0
  unreported.longestWaitMs = 0
  unreported.lastFlow = undefined
}
