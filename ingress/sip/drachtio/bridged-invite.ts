/**
 * A routed INVITE as two legs: the server ends the caller's, and each target gets an INVITE of its own. Only so can
 * targets be tried one after the other as the rule says: a server that proxies takes every final response above 200 for
 * a reason to go on, relays what it likes of them, and cannot be told to stop. What each input means says the branch table.
 */
import { hostText } from '../../address/ip-address.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { SIXTY_FOUR_T1_MS } from '../limits.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { sipUserOf } from '../message/uri.ts'
import type {
  Answer,
  AttemptResult,
  FailoverCondition,
  HeaderField,
  Peer,
  ProxyPlan,
  ProxyResult,
  ProxyTarget,
} from '../port/engine.ts'
import { bestResponse } from '../proxy/best-response.ts'
import type { BranchAction } from '../proxy/branch-table.ts'
import { retryAfterOf } from '../proxy/response-facts.ts'
import { acknowledgeWith } from './dialog-relay.ts'
import type { HandedRequest, HandedResponse, OutgoingResponse, Sent } from './drachtio-library.ts'
import { readHanded } from './handed-message.ts'
import { type AttemptOwner, InviteAttempt } from './invite-attempt.ts'
import { HOLD_MS, OWN_BYE_MS } from './limits.ts'
import { ownAnswer } from './own-answer.ts'
import { bodyOf, callHeaders, reasonHeaders, responseHeaders } from './relayed-headers.ts'
import type { CallLeg, RingingCall, SessionWork } from './session-work.ts'

/** The INVITE of the caller. */
export interface CallerSide {
  readonly handed: HandedRequest
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
}

interface ReceivedFinal {
  readonly status: number
  readonly message: SipMessage
  readonly target: ProxyTarget
}

const TRYING: Answer = { status: 100, reason: 'Trying' }
const RANG_TOO_LONG: Answer = { status: 408, reason: 'Request Timeout' }
const UNREACHABLE: Answer = { status: 500, reason: 'Next Hop Unreachable' }
const TERMINATED: Answer = { status: 487, reason: 'Request Terminated' }
const LEAVING: Answer = { status: 503, reason: 'Service Unavailable' }
const PASSED_OVER = 'no backend took the call; IPv6 backends were passed over: see --drachtio-ipv6-backends'
const CANCELLED: ProxyResult = { outcome: 'cancelled', status: 487, target: undefined }
const UNANSWERED: ProxyResult = { outcome: 'unanswered', status: 0, target: undefined }

export class BridgedInvite implements AttemptOwner, RingingCall {
  readonly #clock: Clock
  readonly #work: SessionWork
  readonly #side: CallerSide
  readonly #plan: ProxyPlan
  readonly #attempts: InviteAttempt[] = []
  readonly #finals: ReceivedFinal[] = []
  readonly #earlyLegs: CallLeg[] = []
  #earlyAttempt: InviteAttempt | undefined
  #holdTimer: Timer | undefined
  /** Of the caller's CANCEL (RFC 3326 §2). */
  #cancelReasons: readonly HeaderField[] = []
  #nextTarget = 0
  #passedOver = false
  #settled = false
  #done = false
  #heard = false
  #rang = false

  constructor(clock: Clock, work: SessionWork, side: CallerSide, plan: ProxyPlan) {
    this.#clock = clock
    this.#work = work
    this.#side = side
    this.#plan = plan
  }

  start(): void {
    this.#work.rings(this)
    this.#side.handed.onCancel((text) => this.#cancel(text))
    this.#holdTimer = this.#clock.after(HOLD_MS, (invite) => invite.#hold(), this)
    this.#tryNext()
  }

  /** Answers a call that still waits, whatever its targets would have said. */
  end(): void {
    this.#finishOwn(LEAVING, { outcome: 'exhausted', target: undefined })
  }

  lost(): void {
    for (const attempt of this.#attempts) attempt.forget()
    this.#over()
    this.#tellDone(UNANSWERED)
  }

  act(attempt: InviteAttempt, action: BranchAction, response: HandedResponse | undefined): void {
    switch (action) {
      case 'relay-provisional':
        return this.#relayProvisional(attempt, response)
      case 'relay-success':
        return this.#relaySuccess(attempt, response)
      case 'judge':
        return this.#judge(attempt, response)
      case 'judge-time-out':
        return this.#judgeSilence(attempt, 'timeout')
      case 'give-up':
        attempt.abandon()
        return this.#judgeSilence(attempt, 'timeout')
      case 'judge-unreachable':
        return this.#judgeSilence(attempt, 'transport')
      case 'note':
        return this.#note(attempt, response)
      case 'send-cancel':
        return attempt.sendCancel(this.#cancelReasons)
      case 'finish-cancelled':
        return this.#tell(attempt, 'cancelled', response?.status ?? 0)
      case 'finish-timed-out':
        this.#tell(attempt, 'timeout', response?.status ?? 0)
        return this.#finishOwn(RANG_TOO_LONG, { outcome: 'forwarded', target: attempt.target })
    }
  }

  /** The server has answered 200 to the CANCEL and 487 to the INVITE: what is left is to end the attempts. */
  #cancel(text: string): void {
    if (this.#settled) return
    this.#over()
    this.#cancelReasons = reasonHeaders(readHanded(text).message, this.#plan)
    this.#withdraw('cancel')
    this.#tellDone(CANCELLED)
  }

  /** The table waits for a provisional response before a CANCEL; here the server does, which sees the 100 as well. */
  #withdraw(input: 'cancel' | 'overtaken'): void {
    for (const attempt of this.#attempts) {
      attempt.input(input)
      if (attempt.live) attempt.sendCancel(this.#cancelReasons)
    }
  }

  #over(): void {
    this.#settled = true
    if (this.#holdTimer) this.#clock.cancel(this.#holdTimer)
  }

  #hold(): void {
    if (!this.#settled && !this.#rang) this.#side.handed.respond(ownAnswer(this.#side.handed, TRYING))
  }

  #tryNext(): void {
    const target = this.#takeTarget()
    if (!target) return this.#exhausted()
    this.#plan.progress({ type: 'began', target })
    const attempt = new InviteAttempt(target, this, this.#clock)
    this.#attempts.push(attempt)
    attempt.startBackendTimer(this.#plan.backendTimeout ?? SIXTY_FOUR_T1_MS)
    attempt.startTimerC()
    const { message, facts } = this.#side
    const request = {
      method: 'INVITE',
      uri: targetUri(target, this.#plan.requestUser ?? sipUserOf(facts.uri) ?? ''),
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

  /** The next target that the server can be sent to. */
  #takeTarget(): ProxyTarget | undefined {
    const { targets, progress } = this.#plan
    for (;;) {
      const target = targets[this.#nextTarget]
      if (!target) return undefined
      this.#nextTarget++
      if (this.#work.reaches(target)) return target
      this.#passedOver = true
      const unsent = { result: 'passed_over', status: 0, heard: false, retryAfter: undefined } as const
      progress({ type: 'attempt', target, ...unsent })
    }
  }

  #relayProvisional(attempt: InviteAttempt, response: HandedResponse | undefined): void {
    if (!response || this.#settled) return
    this.#rang = true
    attempt.startTimerC()
    if (this.#plan.ringingTimeout !== undefined) attempt.startRingingTimer(this.#plan.ringingTimeout)
    this.#tellFirst(attempt.target, response.status)
    this.#side.handed.respond(this.#relayed(readHanded(response.text).message), (sent) => {
      if ('dialogId' in sent) this.#bridgeEarly(attempt, sent.dialogId, response.dialogId)
    })
  }

  /** RFC 3261 §12.1: a provisional response makes early dialogs, in which both sides may send before anybody answers. */
  #bridgeEarly(attempt: InviteAttempt, callerDialogId: string, backendDialogId: string): void {
    if (this.#settled || this.#earlyAttempt === attempt || callerDialogId === '' || backendDialogId === '') return
    this.#earlyAttempt = attempt
    const { dialogData } = this.#plan
    const call = { caller: this.#side.peer, target: attempt.target, dialogData }
    const made = { call, acknowledge: undefined }
    const hangUp = (): void => this.#hungUp()
    const refuse = (): void => attempt.input('unreachable')
    const caller: CallLeg = { ...made, side: 'caller', dialogId: callerDialogId, hangUpEarly: hangUp }
    const backend: CallLeg = { ...made, side: 'backend', dialogId: backendDialogId, hangUpEarly: refuse }
    this.#work.bridgeEarly(caller, backend)
    this.#earlyLegs.push(caller, backend)
  }

  /** RFC 3261 §15.1.2: a BYE ends an early dialog as a CANCEL does, and the INVITE gets its 487. */
  #hungUp(): void {
    if (this.#settled) return
    this.#over()
    this.#withdraw('cancel')
    this.#side.handed.respond(ownAnswer(this.#side.handed, TERMINATED), () => this.#tellDone(CANCELLED))
  }

  /** RFC 3261 §13.2.2.4: whoever answers beside the one that the caller talks to is acknowledged and ended. */
  #relaySuccess(attempt: InviteAttempt, response: HandedResponse | undefined): void {
    if (!response) return
    this.#tell(attempt, attempt.told ? 'late' : 'answered', response.status)
    if (this.#settled) return this.#hangUp(attempt, response)
    const { message } = readHanded(response.text)
    this.#tellFirst(attempt.target, response.status)
    const result: ProxyResult = { outcome: 'forwarded', status: response.status, target: attempt.target }
    this.#settle(this.#relayed(message), result, (sent) => {
      if ('failure' in sent) this.#hangUp(attempt, response)
      else this.#bridge(attempt, { response, callerDialogId: sent.dialogId })
    })
  }

  /** RFC 3261 §16.7 steps 5 and 6: a 6xx ends the search; what the rule fails over on does not. */
  #judge(attempt: InviteAttempt, response: HandedResponse | undefined): void {
    if (!response) return
    const final = this.#keep(attempt, response)
    this.#tell(attempt, 'refused', final.status, final.message)
    if (this.#settled) return
    if (final.status < 600 && this.#plan.failoverOn.has(final.status)) return this.#failOver(final.status)
    this.#relayFinal(bestResponse(this.#finals) ?? final, 'forwarded')
  }

  #judgeSilence(attempt: InviteAttempt, condition: 'timeout' | 'transport'): void {
    this.#tell(attempt, condition, 0)
    if (!this.#settled) this.#failOver(condition)
  }

  #failOver(condition: FailoverCondition): void {
    const forbidden = this.#plan.failover === 'BeforeRinging' && this.#rang
    if (this.#plan.failoverOn.has(condition) && !forbidden) return this.#tryNext()
    this.#exhausted(condition)
  }

  /** A failure of an attempt that nobody waits for still counts as one of the answers; a 6xx ends the search. */
  #note(attempt: InviteAttempt, response: HandedResponse | undefined): void {
    if (!response || this.#settled) return
    const final = this.#keep(attempt, response)
    if (final.status >= 600) this.#relayFinal(final, 'forwarded')
  }

  /** RFC 3261 §16.7 step 6, with an answer of our own where no backend sent one worth relaying. */
  #exhausted(condition?: FailoverCondition): void {
    const best = bestResponse(this.#finals)
    if (best) return this.#relayFinal(best, 'exhausted')
    const answer = condition === 'transport' ? UNREACHABLE : this.#plan.exhausted
    this.#finishOwn(answer, { outcome: 'exhausted', target: undefined })
  }

  #relayFinal(final: ReceivedFinal, outcome: ProxyResult['outcome']): void {
    if (this.#settled) return
    this.#tellFirst(final.target, final.status)
    this.#settle(this.#relayed(final.message), { outcome, status: final.status, target: final.target })
  }

  #finishOwn(answer: Answer, result: Omit<ProxyResult, 'status'>): void {
    if (this.#settled) return
    this.#settle(ownAnswer(this.#side.handed, answer), { ...result, status: answer.status })
  }

  /** RFC 3261 §16.7 step 10. What became of the call is told when the server says that the response went out. */
  #settle(response: OutgoingResponse, result: ProxyResult, told?: (sent: Sent) => void): void {
    this.#over()
    this.#withdraw('overtaken')
    this.#side.handed.respond(response, (sent) => {
      told?.(sent)
      this.#tellDone('failure' in sent ? unsent(sent.failure) : result)
    })
  }

  #bridge(
    attempt: InviteAttempt,
    { response, callerDialogId }: { readonly response: HandedResponse; readonly callerDialogId: string },
  ): void {
    const { dialogData } = this.#plan
    const call = { caller: this.#side.peer, target: attempt.target, dialogData }
    const backend: CallLeg = { call, side: 'backend', dialogId: response.dialogId, acknowledge: undefined }
    const acknowledge = (ack?: HandedRequest): void => acknowledgeWith(response, ack, this.#plan)
    this.#work.bridge({ call, side: 'caller', dialogId: callerDialogId, acknowledge }, backend)
  }

  /** The server sends the BYE itself where it had our CANCEL before the answer came. */
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

  #relayed(message: SipMessage): OutgoingResponse {
    const challenges = message.status === 401 || message.status === 407 ? this.#challenges(message) : []
    return {
      status: message.status,
      reason: message.bytes.toString('utf8', message.reasonStart, message.reasonEnd),
      headers: [...responseHeaders(message, this.#plan.responseIdentity), ...challenges],
      body: bodyOf(message),
    }
  }

  /** RFC 3261 §16.7 step 7: the 401 or 407 that goes up carries the challenges of all targets that sent one. */
  #challenges(chosen: SipMessage) {
    const others = this.#finals.map(({ message }) => message).filter((message) => message !== chosen)
    return ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) =>
      others.flatMap((message) => message.values(name).map((value) => ({ name, value }))),
    )
  }

  #keep(attempt: InviteAttempt, response: HandedResponse): ReceivedFinal {
    const { message } = readHanded(response.text)
    const final = { status: response.status, message, target: attempt.target }
    this.#finals.push(final)
    return final
  }

  #tell(attempt: InviteAttempt, result: AttemptResult, status: number, message?: SipMessage): void {
    if (attempt.told && result !== 'late') return
    attempt.told = true
    const retryAfter = message && retryAfterOf(message)
    const { target, heard } = attempt
    this.#plan.progress({ type: 'attempt', target, result, status, heard, retryAfter })
  }

  #tellFirst(target: ProxyTarget, status: number): void {
    if (this.#heard) return
    this.#heard = true
    this.#plan.progress({ type: 'first-response', target, status })
  }

  #tellDone(result: ProxyResult): void {
    if (this.#done) return
    this.#done = true
    this.#work.forgetEarly(this.#earlyLegs)
    this.#plan.done(this.#passedOver && result.outcome === 'exhausted' ? { ...result, reason: PASSED_OVER } : result)
    this.#work.settled(this)
  }
}

/** An INVITE that the server does not know any more was cancelled while our response was on its way to it. */
function unsent(failure: string): ProxyResult {
  return /unknown transaction/i.test(failure) ? CANCELLED : UNANSWERED
}

/** RFC 3261 §16.6 step 2. */
function targetUri(target: ProxyTarget, user: string): string {
  const { address, port, transport, uriParameters } = target
  const over = transport === undefined ? '' : `;transport=${transport.toLowerCase()}`
  return `sip:${user === '' ? '' : `${user}@`}${hostText(address)}:${port}${over}${uriParameters}`
}
