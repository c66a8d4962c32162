/** The calling side: starts calls, acknowledges and hangs up, and repeats requests that got no answer. */
import type { Socket } from 'node:dgram'
import { FIRST_RESEND_MS, LOST_CALL_MS } from '../limits.ts'
import { routedNumber, unknownNumber } from '../numbering.ts'
import { BRANCH, dialogRequest, inviteText, lineOf, refusalAck, routeLines } from './call-messages.ts'
import type { LoadOrder } from './load-order.ts'
import { CALL_MARK, createTemplate } from './message-template.ts'
import type { Tally } from './tally.ts'

export interface CallerOptions {
  readonly order: LoadOrder
  /** A socket that is connected to the server. */
  readonly socket: Socket
  readonly tally: Tally
  /** Called when a call is over, whether it succeeded or not. */
  readonly onOver: () => void
}

export interface Caller {
  /** Calls that are not over. */
  readonly open: number
  /** Starts the call with this number, which must be new. */
  start(call: number): void
  /** Repeats the requests that are due, and gives up calls that count as lost. */
  look(now: number): void
}

interface Call {
  readonly startedAt: number
  /** The last request without an answer. */
  request: Buffer
  hangingUp: boolean
  sentAt: number
  pause: number
}

/** The state that the functions below share. */
interface State extends CallerOptions {
  readonly calls: Map<number, Call>
  readonly ports: { readonly local: number; readonly server: number }
}

export function createCaller(options: CallerOptions): Caller {
  const { order, socket } = options
  const ports = { local: socket.address().port, server: order.serverPort }
  const state: State = { ...options, calls: new Map(), ports }
  const invite = createTemplate(inviteText(ports.local, ports.server))
  socket.on('message', (bytes) => receive(state, bytes.toString('latin1')))
  return {
    get open() {
      return state.calls.size
    },
    start: (number) => {
      const request = invite.bytes(number, calledNumber(order, number))
      const now = performance.now()
      state.calls.set(number, { startedAt: now, request, hangingUp: false, sentAt: now, pause: FIRST_RESEND_MS })
      socket.send(request)
    },
    look: (now) => look(state, now),
  }
}

function calledNumber({ scenario, rules }: LoadOrder, call: number): string {
  return scenario === 'refused' ? unknownNumber(call) : routedNumber(call, rules)
}

/** Every response brings back its branch in Via; the branch names the call and the request. */
function receive(state: State, text: string): void {
  const status = Number(text.slice('SIP/2.0 '.length, 'SIP/2.0 000'.length))
  if (status < 200) return
  const at = text.indexOf(BRANCH) + BRANCH.length
  const number = Number(text.slice(at + 1, at + 1 + CALL_MARK.length))
  if (text[at] === 'B') onGoodbye(state, number, status)
  else if (status < 300) onAnswer(state, number, text)
  else onRefusal(state, number, { status, text })
}

function onRefusal(state: State, number: number, { status, text }: { status: number; text: string }): void {
  const { order, tally, ports } = state
  const call = state.calls.get(number)
  sendText(state, refusalAck(number, calledNumber(order, number), ports, lineOf(text, 'To')))
  if (!call) return tally.repeated()
  if (order.scenario === 'refused' && status === 503) {
    tally.answered(performance.now() - call.startedAt)
    tally.ended()
  } else tally.unexpected(status)
  end(state, number)
}

function onAnswer(state: State, number: number, text: string): void {
  const { tally, ports } = state
  const call = state.calls.get(number)
  const target = lineOf(text, 'Contact').slice('Contact: <'.length, -1)
  const dialog = { call: number, target, routes: routeLines(text), to: lineOf(text, 'To') }
  sendText(state, dialogRequest('ACK', dialog, ports.local))
  if (!call || call.hangingUp) return tally.repeated()
  const now = performance.now()
  tally.answered(now - call.startedAt)
  call.request = sendText(state, dialogRequest('BYE', dialog, ports.local))
  call.hangingUp = true
  call.sentAt = now
  call.pause = FIRST_RESEND_MS
}

function onGoodbye(state: State, number: number, status: number): void {
  if (!state.calls.has(number)) return state.tally.repeated()
  if (status === 200) state.tally.ended()
  else state.tally.unexpected(status)
  end(state, number)
}

function look(state: State, now: number): void {
  for (const [number, call] of state.calls) {
    if (now - call.sentAt < call.pause) continue
    if (now - call.startedAt > LOST_CALL_MS) {
      state.tally.lost()
      end(state, number)
      continue
    }
    call.sentAt = now
    call.pause *= 2
    state.tally.resent()
    state.socket.send(call.request)
  }
}

function end({ calls, onOver }: State, number: number): void {
  calls.delete(number)
  onOver()
}

function sendText({ socket }: State, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  socket.send(bytes)
  return bytes
}
