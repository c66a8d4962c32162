/**
 * Sheds requests while the process is behind. A known peer gets a 503 without a transaction (RFC 3261 §8.2.7, §21.5.4), and a
 * stranger gets no byte (invariant I1). A repeat gets the same answer again.
 */
import { MAX_SHED_INVITES } from '../../limits.ts'
import { HEADER } from '../../message/header-name.ts'
import { readRequestFacts } from '../../message/request-facts.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { writeResponse } from '../../message/write-response.ts'
import { FORBIDDEN, SERVICE_UNAVAILABLE } from '../../port/answers.ts'
import type { ShedSender } from '../../port/events.ts'
import type { InboundRequest } from '../../port/engine.ts'
import { MessageRequest } from '../../port/inbound-request.ts'
import { createInviteMemory } from '../dropped-invites.ts'
import type { EngineCore } from '../engine-core.ts'
import { peerOf } from '../received-request.ts'
import { ResponsePath, viaSourceOf } from '../response-path.ts'
import type { Flow } from '../transport/transport.ts'
import type { RequestIdentity } from './invite-key.ts'

/** A request that is shed. The message is valid only during the call. */
export interface ShedRequest extends RequestIdentity {
  readonly message: SipMessage
  readonly flow: Flow
  /** Monotonic milliseconds, when the request was read. */
  readonly arrivedAt: number
}

export interface ShedRequests {
  /** Whether this INVITE was shed before, as far as we remember. Then its repeat must be shed too. */
  hasShed(inviteKey: string): boolean
  /** Answers a known peer's INVITE. Returns false, and does nothing, if the INVITE must be handled in the usual way. */
  refuse(request: ShedRequest): boolean
  /** Drops a stranger's request. `identity` is undefined if the request has no Via that can be read. */
  drop(message: SipMessage, flow: Flow, identity: RequestIdentity | undefined): void
}

/** `tagOf` makes the To tag from the key, so that each repeat gets the same tag, and an ACK is recognized by it. */
export function createShedRequests(core: EngineCore, tagOf: (key: string) => string): ShedRequests {
  const memory = createInviteMemory(MAX_SHED_INVITES)
  const { clock, application } = core
  const report = (judged: Judged, request: Omit<ShedRequest, 'via'>, tag: string): void => {
    const { message, flow, inviteKey, arrivedAt } = request
    const repeated = memory.seen(inviteKey, clock.now())
    const told = { peer: peerOf(flow), method: message.method, callId: callIdOf(message), tag, arrivedAt, repeated }
    application.onEvent({ type: 'shed', ...judged, ...told })
  }
  return {
    hasShed: (inviteKey) => memory.has(inviteKey, clock.now()),
    refuse: (request) => {
      const judged = judge(core, request)
      if (judged === undefined) return false
      const tag = tagOf(request.inviteKey)
      sendAnswer(core, request, judged.sender, tag)
      report(judged, request, tag)
      return true
    },
    drop: (message, flow, identity) =>
      report(STRANGER, { message, flow, inviteKey: identity?.inviteKey ?? '', arrivedAt: clock.now() }, ''),
  }
}

/** A sender, and its request if that was read to judge the sender. */
interface Judged {
  readonly sender: ShedSender
  readonly request: InboundRequest | undefined
}

const KNOWN: Judged = { sender: 'known', request: undefined }
const STRANGER: Judged = { sender: 'stranger', request: undefined }

/**
 * Behind a trusted proxy, the caller may be a stranger. It must not learn that we are here, so the proxy gets the answer that it
 * always gets. Undefined if the request has a fault: then it gets the answer that names the fault.
 */
function judge({ application }: EngineCore, { message, flow }: ShedRequest): Judged | undefined {
  const peer = peerOf(flow)
  if (!application.isTrustedProxy(peer)) return KNOWN
  const facts = readRequestFacts(message)
  if ('fault' in facts) return undefined
  const request = new MessageRequest(peer, message, facts)
  return { sender: application.admits(request) ? 'known' : 'proxied-stranger', request }
}

function sendAnswer(core: EngineCore, { message, flow, via }: ShedRequest, sender: ShedSender, toTag: string): void {
  const { status, reason } = sender === 'known' ? SERVICE_UNAVAILABLE : FORBIDDEN
  const why = sender === 'known' ? 'over_limit overload' : 'rejected'
  const extra = `Warning: 399 ${core.names.warningAgent} "${why}"\r\n`
  const bytes = writeResponse(message, { status, reason, toTag, extra, ...viaSourceOf(via, flow) })
  new ResponsePath(core, flow, via).sendOnce(bytes)
}

function callIdOf(message: SipMessage): string {
  const row = message.first(HEADER.callId)
  return row === -1 ? '' : message.value(row)
}
