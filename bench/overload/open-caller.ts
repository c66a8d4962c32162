/**
 * A caller as RFC 3261 wants it over UDP: repeats its INVITE by Timer A until any response comes, acknowledges every final
 * response and every repeat of one, and repeats its BYE by Timer E. After `GIVE_UP_MS` it counts a call as lost.
 */
import type { Socket } from 'node:dgram'
import { BRANCH, dialogRequest, inviteText, lineOf, refusalAck, routeLines } from '../load/call-messages.ts'
import type { Scenario } from '../load/load-order.ts'
import { CALL_MARK, createTemplate } from '../load/message-template.ts'
import { routedNumber, unknownNumber } from '../numbering.ts'
import type { Delays } from './delays.ts'
import { GIVE_UP_MS, T1_MS, T2_MS } from './limits.ts'
import type { OpenTally } from './open-tally.ts'

export interface OpenCallerOptions {
  readonly scenario: Scenario
  readonly rules: number
  /** A socket that is connected to the server. */
  readonly socket: Socket
  readonly tally: OpenTally
  readonly delays: Delays
  /** Called with every datagram, before it is read. */
  readonly onMessage: () => void
}

export interface OpenCaller {
  /** Calls that are not over. */
  readonly open: number
  /** Starts the call with this number, which must be new. */
  start(call: number): void
}

interface Call {
  readonly startedAt: number
  /** `inviting` repeats the INVITE, `proceeding` waits for a final response, `leaving` repeats the BYE. */
  phase: 'inviting' | 'proceeding' | 'leaving'
  /** Milliseconds to the final response. */
  answeredAfter: number
}

interface Response {
  readonly number: number
  readonly status: number
  readonly text: string
}

/** The state that the functions below share. */
interface State extends OpenCallerOptions {
  readonly calls: Map<number, Call>
  readonly ports: { readonly local: number; readonly server: number }
}

export function createOpenCaller(options: OpenCallerOptions): OpenCaller {
  const { socket, onMessage } = options
  const ports = { local: socket.address().port, server: socket.remoteAddress().port }
  const state: State = { ...options, calls: new Map(), ports }
  const invite = createTemplate(inviteText(ports.local, ports.server))
  socket.on('message', (bytes) => {
    onMessage()
    receive(state, bytes.toString('latin1'))
  })
  return {
    get open() {
      return state.calls.size
    },
    start: (number) => startCall(state, number, invite.bytes(number, calledNumber(state, number))),
  }
}

function calledNumber({ scenario, rules }: State, call: number): string {
  return scenario === 'refused' ? unknownNumber(call) : routedNumber(call, rules)
}

function startCall(state: State, number: number, request: Buffer): void {
  const { calls, tally, delays } = state
  const call: Call = { startedAt: performance.now(), phase: 'inviting', answeredAfter: 0 }
  calls.set(number, call)
  tally.count('started')
  state.socket.send(request)
  repeat(state, request, {
    pause: T1_MS,
    longest: GIVE_UP_MS,
    wanted: () => call.phase === 'inviting' && calls.has(number),
  })
  delays.after(GIVE_UP_MS, () => {
    if (call.phase !== 'leaving' && calls.delete(number)) tally.count('lost')
  })
}

interface Repetition {
  readonly pause: number
  readonly longest: number
  readonly wanted: () => boolean
}

function repeat(state: State, request: Buffer, { pause, longest, wanted }: Repetition): void {
  state.delays.after(pause, () => {
    if (!wanted()) return
    state.tally.count('resent')
    state.socket.send(request)
    repeat(state, request, { pause: Math.min(pause * 2, longest), longest, wanted })
  })
}

/** Every response brings back its branch in Via; the branch names the call and the request. */
function receive(state: State, text: string): void {
  const status = Number(text.slice('SIP/2.0 '.length, 'SIP/2.0 000'.length))
  const at = text.indexOf(BRANCH) + BRANCH.length
  const response = { number: Number(text.slice(at + 1, at + 1 + CALL_MARK.length)), status, text }
  if (text[at] === 'B') onGoodbye(state, response)
  else if (status < 200) onProvisional(state, response)
  else if (status < 300) onAnswer(state, response)
  else onRefusal(state, response)
}

/** RFC 3261 §17.1.1.2: in "Proceeding" an INVITE is not sent again. */
function onProvisional({ calls }: State, { number }: Response): void {
  const call = calls.get(number)
  if (call?.phase === 'inviting') call.phase = 'proceeding'
}

function onRefusal(state: State, { number, status, text }: Response): void {
  const { calls, tally, ports } = state
  const call = calls.get(number)
  sendText(state, refusalAck(number, calledNumber(state, number), ports, lineOf(text, 'To')))
  if (!call || call.phase === 'leaving') return
  calls.delete(number)
  tally.answered({ status, milliseconds: performance.now() - call.startedAt, overload: saysOverload(text) })
}

function saysOverload(text: string): boolean {
  return lineOf(text, 'Retry-After') !== '' || lineOf(text, 'Warning').includes('overload')
}

/** The 200 to a call that was given up is acknowledged too: otherwise it comes again. */
function onAnswer(state: State, { number, status, text }: Response): void {
  const { calls, tally, delays, ports } = state
  const call = calls.get(number)
  const target = lineOf(text, 'Contact').slice('Contact: <'.length, -1)
  const dialog = { call: number, target, routes: routeLines(text), to: lineOf(text, 'To') }
  sendText(state, dialogRequest('ACK', dialog, ports.local))
  if (!call || call.phase === 'leaving') return
  call.phase = 'leaving'
  call.answeredAfter = performance.now() - call.startedAt
  tally.answered({ status, milliseconds: call.answeredAfter, overload: false })
  const bye = sendText(state, dialogRequest('BYE', dialog, ports.local))
  repeat(state, bye, { pause: T1_MS, longest: T2_MS, wanted: () => calls.has(number) })
  delays.after(GIVE_UP_MS, () => {
    if (calls.delete(number)) tally.count('hanging')
  })
}

function onGoodbye({ calls, tally }: State, { number, status }: Response): void {
  const call = calls.get(number)
  if (!call || status < 200) return
  calls.delete(number)
  tally.hungUp(status, call.answeredAfter)
}

function sendText({ socket }: State, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  socket.send(bytes)
  return bytes
}
