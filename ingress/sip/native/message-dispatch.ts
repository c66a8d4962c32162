/**
 * Decides where each message goes: to its transaction or to the application. A message that belongs to neither is dropped.
 * Bytes are sent only after it is clear that the sender is known (invariant I1).
 */
import { type IpAddress, sameAddress } from '../../address/ip-address.ts'
import { SIP_PORT } from '../../address/port.ts'
import { HEADER } from '../message/header-name.ts'
import { splitList } from '../message/name-addr.ts'
import { parseMessage } from '../message/parse-message.ts'
import { RequestFacts, ResponseFacts, readRequestFacts, readResponseFacts } from '../message/request-facts.ts'
import { SipMessage } from '../message/sip-message.ts'
import { hasLowerVia, parseVia, readTopVia } from '../message/via.ts'
import { writeResponse } from '../message/write-response.ts'
import { BAD_CONTENT_LENGTH, MESSAGE_TOO_LARGE } from '../port/answers.ts'
import { recordedSourcesOf } from '../port/recorded-sources.ts'
import { senderOf, silenceReason, unusableWay } from '../proxy/silence-for-strangers.ts'
import type { EngineCore } from './engine-core.ts'
import type { NewRequests } from './new-requests.ts'
import { ReceivedRequest, reportDrop } from './received-request.ts'
import { viaSourceOf } from './response-path.ts'
import { type TransactionKey, writeClientKey, writeServerKey } from './transaction/transaction-key.ts'
import type { Flow } from './transport/transport.ts'

export interface MessageDispatch {
  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void
  onBrokenStream(head: Buffer, fault: string, flow: Flow): void
}

/** The codes of broken streams that are answered with 513. Other faults of the message then do not matter. */
const TOO_LARGE: ReadonlySet<string> = new Set(['message-too-large', 'header-section-too-large'])

/** The objects that are used again for each message. */
interface Dispatch {
  readonly core: EngineCore
  readonly newRequests: NewRequests
  readonly message: SipMessage
  readonly requestFacts: RequestFacts
  readonly responseFacts: ResponseFacts
  readonly key: TransactionKey
  request: ReceivedRequest | undefined
}

export function createMessageDispatch(core: EngineCore, newRequests: NewRequests): MessageDispatch {
  const message = new SipMessage()
  const dispatch: Dispatch = {
    core,
    newRequests,
    message,
    requestFacts: new RequestFacts(),
    responseFacts: new ResponseFacts(),
    key: core.transactions.newKey(),
    request: undefined,
  }
  return {
    onMessage: (bytes, offset, length, flow) => {
      const fault = parseMessage(message, bytes, offset, length)
      if (fault) return onUnusable(core, message, flow, fault)
      if (message.isRequest) onRequest(dispatch, flow)
      else onResponse(dispatch, flow)
    },
    onBrokenStream: (head, code, flow) => {
      const fault = parseMessage(message, head, 0, head.length)
      const { status, reason } = TOO_LARGE.has(code) ? MESSAGE_TOO_LARGE : (fault ?? BAD_CONTENT_LENGTH)
      onUnusable(core, message, flow, { code, status, reason })
    },
  }
}

function onRequest(dispatch: Dispatch, flow: Flow): void {
  const { core, newRequests, message } = dispatch
  const request = requestOn(dispatch, flow)
  if (message.method === 'ACK' && endsRepeats(core, request)) return
  const facts = readRequestFacts(message, request.facts)
  if ('fault' in facts) return onUnusable(core, message, flow, facts)
  const transaction = core.transactions.server(writeServerKey(request.key, request, message.method))
  if (transaction && message.method !== 'ACK') return transaction.receiveRequest()
  // RFC 6026 §7.1: after a 2xx, the transaction does not take the ACK. The ACK is meant for the user agent at the other end, so
  // it is relayed.
  if (!transaction?.receiveAck()) newRequests.onNew(request)
}

function requestOn(dispatch: Dispatch, flow: Flow): ReceivedRequest {
  const { message, requestFacts, key } = dispatch
  dispatch.request ??= new ReceivedRequest(message, requestFacts, flow, key)
  dispatch.request.flow = flow
  return dispatch.request
}

/**
 * Whether an ACK acknowledges our refusal of an INVITE (RFC 3261 §17.2.1). Such an ACK only ends the repeats of the refusal, so
 * only its top Via is read.
 */
function endsRepeats(core: EngineCore, request: ReceivedRequest): boolean {
  const { message, facts, key } = request
  facts.begin(message)
  if (!readTopVia(facts.via, message) || !facts.hasCookie) return false
  return core.transactions.server(writeServerKey(key, request, 'ACK'))?.receiveAck() ?? false
}

/** RFC 3261 §18.1.2 and §17.1.3, RFC 6026 §6: a response that matches no transaction MUST NOT be forwarded. */
function onResponse({ core, message, responseFacts, key }: Dispatch, flow: Flow): void {
  const facts = readResponseFacts(message, responseFacts)
  const ours = facts !== undefined && core.names.hasOwnSentBy(facts.via)
  const transaction = ours ? core.transactions.client(writeClientKey(key, message, facts)) : undefined
  // RFC 3261 §16.7 step 3: a response with no Via below our Via MUST NOT be forwarded. The answers to a CANCEL and to a probe are
  // exceptions: we make these requests ourselves, so our Via is the only one in their answers.
  const usable = facts?.cseqMethod === 'CANCEL' || transaction?.madeHere === true || hasLowerVia(message)
  if (!transaction || !usable)
    return reportDrop(core, flow, { reason: facts && usable ? 'no_transaction' : 'malformed', method: 'response' })
  if (!mayAnswer(core, flow, transaction.asked))
    return reportDrop(core, flow, { reason: 'response_source', method: 'response' })
  transaction.receiveResponse(message.status, message)
}

/**
 * Whether the response may be used. It must come from the address to which the request was sent (any port of it), or from a
 * source that the application accepts.
 */
function mayAnswer(core: EngineCore, flow: Flow, asked: IpAddress): boolean {
  return sameAddress(flow.remoteAddress, asked) || core.application.mayAnswer(flow.peer)
}

/**
 * RFC 3261 §16.3 step 1, §18.3: a known peer's request that cannot be read is answered without a transaction. A response copies
 * certain headers of its request; this answer copies those that the request has. A request without a Via is dropped, because
 * nothing says where its answer must go. An ACK and a response are never answered.
 */
function onUnusable(
  core: EngineCore,
  message: SipMessage,
  flow: Flow,
  fault: { readonly code: string; readonly status: number; readonly reason: string },
): void {
  const { peer } = flow
  const method = message.isRequest ? message.method : 'response'
  const known = core.application.isKnown(peer)
  const sender = senderOf(false, known)
  const recordedSources = known && message.isRequest ? recordedSourcesOf(message) : undefined
  const hasWayBack = message.isRequest && message.first(HEADER.via) !== -1
  if (!hasWayBack || unusableWay(sender, method, false) === 'silence') {
    return reportDrop(core, flow, { reason: silenceReason(sender, 'malformed'), method, recordedSources })
  }
  const decisionId = core.random.token()
  const { status, reason, code } = fault
  const via = parseVia(splitList(message.value(message.first(HEADER.via)))[0] ?? '')
  const source = viaSourceOf(via, flow)
  const extra = `Warning: 399 ${core.names.warningAgent} "${code} ${decisionId}"\r\n`
  const port = via && via.rport === undefined ? (via.port ?? SIP_PORT) : undefined
  flow.send(writeResponse(message, { status, reason, toTag: core.random.token(), extra, ...source }), port)
  const refused = { peer, method, status, reason: code, decisionId, request: undefined, recordedSources }
  core.application.onEvent({ type: 'refused', ...refused })
}
