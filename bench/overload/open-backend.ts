/**
 * A backend as RFC 3261 §13.3.1.4 and RFC 6026 want it: rings and answers every new INVITE at once, repeats its 200 until the ACK
 * comes, says nothing to a repeat of an INVITE that it has answered, and answers every BYE.
 */
import type { Socket } from 'node:dgram'
import { ANSWER_SDP } from '../load/backend.ts'
import { copiedLines, lineOf } from '../load/call-messages.ts'
import type { Delays } from './delays.ts'
import { ANSWER_REPEAT_MS, T1_MS, T2_MS } from './limits.ts'
import type { OpenTally } from './open-tally.ts'

export interface OpenBackendOptions {
  /** A socket that is connected to the server. */
  readonly socket: Socket
  readonly tally: OpenTally
  readonly delays: Delays
  /** Called with every datagram, before it is read. */
  readonly onMessage: () => void
}

/** The state that the functions below share. */
interface State extends OpenBackendOptions {
  /** Whether the ACK to a call's 200 came, by Call-ID. */
  readonly acknowledged: Map<string, boolean>
  readonly contact: string
}

export function answerOpenCalls(options: OpenBackendOptions): void {
  const contact = `Contact: <sip:media@127.0.0.1:${options.socket.address().port}>\r\n`
  const state: State = { ...options, contact, acknowledged: new Map() }
  options.socket.on('message', (bytes) => {
    options.onMessage()
    receive(state, bytes.toString('latin1'))
  })
}

function receive(state: State, request: string): void {
  const { acknowledged } = state
  const call = lineOf(request, 'Call-ID')
  if (request.startsWith('INVITE ')) {
    if (!acknowledged.has(call)) answer(state, call, request)
    return
  }
  acknowledged.set(call, true)
  if (!request.startsWith('ACK ')) state.socket.send(responseTo(request, '200 OK', 'Content-Length: 0\r\n\r\n'))
}

function answer(state: State, call: string, request: string): void {
  const { acknowledged, contact, socket, delays } = state
  acknowledged.set(call, false)
  socket.send(responseTo(request, '180 Ringing', `${contact}Content-Length: 0\r\n\r\n`))
  const body = `${contact}Content-Type: application/sdp\r\nContent-Length: ${ANSWER_SDP.length}\r\n\r\n${ANSWER_SDP}`
  const ok = responseTo(request, '200 OK', body)
  socket.send(ok)
  const until = performance.now() + ANSWER_REPEAT_MS
  const repeatAfter = (pause: number): void =>
    delays.after(pause, () => {
      if (acknowledged.get(call) === true || performance.now() > until) return
      state.tally.count('answeredAgain')
      socket.send(ok)
      repeatAfter(Math.min(pause * 2, T2_MS))
    })
  repeatAfter(T1_MS)
}

function responseTo(request: string, statusLine: string, tail: string): Buffer {
  return Buffer.from(`SIP/2.0 ${statusLine}\r\n${copiedLines(request)}${tail}`, 'latin1')
}
