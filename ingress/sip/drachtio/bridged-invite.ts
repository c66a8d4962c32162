/**
 * An INVITE that is forwarded as two legs: the server answers the caller's INVITE, and each target gets an INVITE of its own.
 * With drachtio, this is the only way to try targets in the order of the plan. If the server proxied, it would try the next
 * target after every final response above 200, choose by itself which responses it relays, and could not be stopped.
 * `proxy/call-progress.ts` decides what each response means for the call. This module carries out the decision.
 */
import type { Clock, Timer } from '../../time/clock.ts'
import { SIXTY_FOUR_T1_MS } from '../limits.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { REQUEST_TERMINATED, SERVICE_UNAVAILABLE, TRYING } from '../port/answers.ts'
import type { Answer, HeaderField, Peer, ProxyPlan, ProxyResult, ProxyTarget } from '../port/engine.ts'
import type { BranchAction } from '../proxy/branch-table.ts'
import {
  type CallEffects,
  CallProgress,
  type ProgressOptions,
  type ReceivedFinal,
  type TargetObstacle,
} from '../proxy/call-progress.ts'
import { addressPlace, targetUri } from '../proxy/target-uri.ts'
import { acknowledgeWith } from './dialog-relay.ts'
import type { HandedRequest, HandedResponse, OutgoingResponse, Sent } from './drachtio-library.ts'
import { readHanded } from './handed-message.ts'
import { type AttemptOwner, InviteAttempt } from './invite-attempt.ts'
import { HOLD_MS, OWN_BYE_MS } from './limits.ts'
import { ownAnswer } from './own-answer.ts'
import { bodyOf, callHeaders, reasonHeaders, responseHeaders } from './relayed-headers.ts'
import type { BridgedCall, CallLeg, RingingCall, SessionWork } from './session-work.ts'

/** The caller's INVITE, with its sender and its parsed form. */
export interface CallerSide {
  readonly handed: HandedRequest
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
}

const PASSED_OVER = 'no backend took the call; IPv6 backends were passed over: see --drachtio-ipv6-backends'
const CANCELLED: ProxyResult = { outcome: 'cancelled', status: 487, target: undefined }
const UNANSWERED: ProxyResult = { outcome: 'unanswered', status: 0, target: undefined }

/**
 * The caller is joined to one backend only, so the call of any further 2xx is ended. If all targets were tried, the caller gets
 * the answer that the rule names. If a target cannot be reached, the caller gets 500 only if the rule forbids another attempt.
 */
const TWO_LEGS: ProgressOptions = { furtherSuccess: 'hung-up', nextHopUnreachable: 'no-failover' }

export class BridgedInvite implements AttemptOwner, RingingCall, CallEffects<InviteAttempt, HandedResponse> {
  readonly #clock: Clock
  readonly #work: SessionWork
  readonly #side: CallerSide
  readonly #plan: ProxyPlan
  readonly #progress: CallProgress<InviteAttempt, HandedResponse>
  readonly #earlyLegs: CallLeg[] = []
  #earlyAttempt: InviteAttempt | undefined
  #holdTimer: Timer | undefined
  /** The `Reason` headers of the caller's CANCEL (RFC 3326 §2). */
  #cancelReasons: readonly HeaderField[] = []
  #isDone = false

  constructor(clock: Clock, work: SessionWork, side: CallerSide, plan: ProxyPlan) {
    this.#clock = clock
    this.#work = work
    this.#side = side
    this.#plan = plan
    this.#progress = new CallProgress(plan, this, TWO_LEGS)
  }

  start(): void {
    this.#work.rings(this)
    this.#side.handed.onCancel((text) => this.#cancel(text))
    this.#holdTimer = this.#clock.after(HOLD_MS, (invite) => invite.#hold(), this)
    this.#progress.begin()
  }

  /** Answers a call that still rings. Does not wait for the answers of its targets. */
  end(): void {
    this.#progress.end(SERVICE_UNAVAILABLE)
  }

  lost(): void {
    for (const attempt of this.#progress.branches) attempt.forget()
    this.#progress.close()
    this.#stopHold()
    this.#finish(UNANSWERED)
  }

  act(attempt: InviteAttempt, action: BranchAction, response: HandedResponse | undefined): void {
    if (action === 'give-up') attempt.abandon()
    this.#progress.act(attempt, action, response)
  }

  read({ text }: HandedResponse): SipMessage {
    return readHanded(text).message
  }

  retain(response: HandedResponse): SipMessage {
    return this.read(response)
  }

  /**
   * Only the address family is checked here: an IPv6 target that the server cannot handle is passed over (see `createReach`). A
   * missing socket needs no check, because the server itself reports it.
   */
  obstacleTo(target: ProxyTarget): TargetObstacle | undefined {
    return this.#work.reaches(target) ? undefined : 'passed-over'
  }

  tryTarget(target: ProxyTarget): void {
    const attempt = new InviteAttempt(target, this, this.#clock)
    this.#progress.addBranch(attempt)
    attempt.startBackendTimer(this.#plan.backendTimeout ?? SIXTY_FOUR_T1_MS)
    attempt.startTimerC()
    const { message, facts } = this.#side
    const request = {
      method: 'INVITE',
      uri: targetUri(target, this.#plan, facts.uri),
      nextHop: target.uriPlace === undefined ? undefined : `sip:${addressPlace(target)}`,
      dialogId: undefined,
      headers: callHeaders(message, facts, this.#plan),
      body: bodyOf(message),
    }
    attempt.sent(
      this.#work.session.request(request, {
        onFailure: () => attempt.input('unreachable'),
        onResponse: (response) => attempt.onResponse(response),
      }),
    )
  }

  sendCancel(attempt: InviteAttempt): void {
    attempt.sendCancel(this.#cancelReasons)
  }

  relayProvisional(attempt: InviteAttempt, response: HandedResponse): void {
    this.#side.handed.respond(this.#relayed(this.read(response), []), (sent) => {
      if ('dialogId' in sent) this.#bridgeEarly(attempt, sent.dialogId, response.dialogId)
    })
  }

  /**
   * RFC 3261 §13.2.2.4: a 2xx that the caller does not get must be acknowledged, and its call is then ended. The caller does
   * not get the 2xx if `result` is undefined, or if the 2xx could not be sent to the caller.
   */
  relaySuccess(attempt: InviteAttempt, response: HandedResponse, result: ProxyResult | undefined): void {
    if (!result) return this.#hangUp(attempt, response)
    this.#settle(this.#relayed(this.read(response), []), result, (sent) => {
      if ('failure' in sent) this.#hangUp(attempt, response)
      else this.#bridge(attempt, { response, callerDialogId: sent.dialogId })
    })
  }

  relayFinal({ message }: ReceivedFinal<InviteAttempt>, challenging: readonly SipMessage[], result: ProxyResult): void {
    this.#settle(this.#relayed(message, challenging), result)
  }

  answer(answer: Answer, result: ProxyResult): void {
    this.#settle(ownAnswer(this.#side.handed, answer), result)
  }

  /**
   * The caller has cancelled. The server has already answered 200 to the CANCEL and 487 to the INVITE. So we only have to end
   * the attempts.
   */
  #cancel(text: string): void {
    if (!this.#progress.close()) return
    this.#stopHold()
    this.#cancelReasons = reasonHeaders(readHanded(text).message, this.#plan)
    this.#withdraw('cancel')
    this.#finish(CANCELLED)
  }

  /**
   * Ends all attempts. A CANCEL must wait for a provisional response (RFC 3261 §9.1). The drachtio-server waits for it, because
   * only the server sees a 100. So the server gets the CANCEL immediately.
   */
  #withdraw(input: 'cancel' | 'overtaken'): void {
    for (const attempt of this.#progress.branches) {
      attempt.input(input)
      if (attempt.live) attempt.sendCancel(this.#cancelReasons)
    }
  }

  #stopHold(): void {
    if (this.#holdTimer) this.#clock.cancel(this.#holdTimer)
  }

  #hold(): void {
    const { isSettled, hasRung } = this.#progress
    if (!isSettled && !hasRung) this.#side.handed.respond(ownAnswer(this.#side.handed, TRYING))
  }

  /**
   * RFC 3261 §12.1: a provisional response makes an early dialog on each leg. Both sides may send requests in these dialogs
   * before the call is answered.
   */
  #bridgeEarly(attempt: InviteAttempt, callerDialogId: string, backendDialogId: string): void {
    if (callerDialogId === '' || backendDialogId === '') return
    if (this.#progress.isSettled || this.#earlyAttempt === attempt) return
    this.#earlyAttempt = attempt
    const call = this.#bridgedCall(attempt)
    const made = { call, acknowledge: undefined }
    const hangUp = (): void => this.#hungUp()
    const refuse = (): void => attempt.input('unreachable')
    const caller: CallLeg = { ...made, side: 'caller', dialogId: callerDialogId, hangUpEarly: hangUp }
    const backend: CallLeg = { ...made, side: 'backend', dialogId: backendDialogId, hangUpEarly: refuse }
    this.#work.bridgeEarly(caller, backend)
    this.#earlyLegs.push(caller, backend)
  }

  /** RFC 3261 §15.1.2: a BYE in an early dialog ends the call as a CANCEL does, and the INVITE gets 487. */
  #hungUp(): void {
    if (!this.#progress.close()) return
    this.#stopHold()
    this.#withdraw('cancel')
    this.#side.handed.respond(ownAnswer(this.#side.handed, REQUEST_TERMINATED), () => this.#finish(CANCELLED))
  }

  /**
   * Sends the final response. RFC 3261 §16.7 step 10: all other attempts are ended. The call is done when the server reports
   * that the response was sent.
   */
  #settle(response: OutgoingResponse, result: ProxyResult, onSent?: (sent: Sent) => void): void {
    this.#stopHold()
    this.#withdraw('overtaken')
    this.#side.handed.respond(response, (sent) => {
      onSent?.(sent)
      this.#finish('failure' in sent ? unsent(sent.failure) : result)
    })
  }

  #bridge(
    attempt: InviteAttempt,
    { response, callerDialogId }: { readonly response: HandedResponse; readonly callerDialogId: string },
  ): void {
    const call = this.#bridgedCall(attempt)
    const backend: CallLeg = { call, side: 'backend', dialogId: response.dialogId, acknowledge: undefined }
    const acknowledge = (ack?: HandedRequest): void => acknowledgeWith(response, ack, this.#plan)
    this.#work.bridge({ call, side: 'caller', dialogId: callerDialogId, acknowledge }, backend)
  }

  #bridgedCall({ target }: InviteAttempt): BridgedCall {
    const { peer: caller, facts } = this.#side
    const { callId, fromTag: callerTag } = facts
    return { callId, callerTag, caller, target, dialogData: this.#plan.dialogData }
  }

  /**
   * Ends the call of a 2xx that the caller does not get. If the server got our CANCEL before the 2xx came, the server sends the
   * BYE by itself.
   */
  #hangUp(attempt: InviteAttempt, response: HandedResponse): void {
    const { dialogId } = response
    const sendBye = (): void => {
      const bye = { method: 'BYE', uri: 'sip:placeholder', dialogId, headers: [], body: '' }
      this.#work.session.request(bye, { onFailure: () => undefined, onResponse: () => undefined })
    }
    response.acknowledge([], '')
    if (!attempt.cancelSent) return sendBye()
    this.#work.expectEnd(dialogId)
    this.#clock.after(OWN_BYE_MS, (work) => work.ended(dialogId) && sendBye(), this.#work)
  }

  /**
   * The response as the caller gets it. `challenging`: responses of other attempts, whose challenges are added (RFC 3261 §16.7
   * step 7).
   */
  #relayed(message: SipMessage, challenging: readonly SipMessage[]): OutgoingResponse {
    return {
      status: message.status,
      reason: message.bytes.toString('utf8', message.reasonStart, message.reasonEnd),
      headers: [...responseHeaders(message, this.#plan.responseIdentity), ...challengesOf(challenging)],
      body: bodyOf(message),
    }
  }

  #finish(result: ProxyResult): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#work.forgetEarly(this.#earlyLegs)
    const isPassedOver = this.#progress.hasPassedOver && result.outcome === 'exhausted'
    this.#plan.done(isPassedOver ? { ...result, reason: PASSED_OVER } : result)
    this.#work.settled(this)
  }
}

/**
 * How the call ended if our response could not be sent. If the server no longer knows the INVITE, the caller cancelled while
 * the response was on its way to the server.
 */
function unsent(failure: string): ProxyResult {
  return /unknown transaction/i.test(failure) ? CANCELLED : UNANSWERED
}

function challengesOf(messages: readonly SipMessage[]): HeaderField[] {
  return ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) =>
    messages.flatMap((message) => message.values(name).map((value) => ({ name, value }))),
  )
}
