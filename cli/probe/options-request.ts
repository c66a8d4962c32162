/**
 * Sends one OPTIONS outside a dialog and waits for the answer (RFC 3261 §11). This is the client side of a non-INVITE
 * transaction.
 */

import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { type AddressInfo, connect } from 'node:net'
import { hostText, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { T1_MS, T2_MS } from '../../ingress/sip/limits.ts'
import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { StreamFramer } from '../../ingress/sip/message/stream-framer.ts'
import { parseVia } from '../../ingress/sip/message/via.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import { type Random, systemRandom } from '../../ingress/time/random.ts'
import type { SipAddress } from '../settings/address-text.ts'

export type OptionsAnswer =
  | { readonly type: 'answered'; readonly status: number; readonly reason: string }
  /** No answer came in time, or the connection was closed without an answer. */
  | { readonly type: 'silence' }
  | { readonly type: 'unreachable'; readonly why: string }

const SILENCE: OptionsAnswer = { type: 'silence' }

/** One request: its target, its branch, and the function that gets its answer. */
interface OptionsRequest {
  readonly target: SipAddress
  /** The numeric address of the target's host, and its family. */
  readonly address: string
  readonly family: number
  readonly branch: string
  readonly random: Random
  readonly report: (answer: OptionsAnswer) => void
}

/** Sends one OPTIONS, with repeats over UDP. Never rejects. */
export async function askOptions(target: SipAddress, timeoutMs: number): Promise<OptionsAnswer> {
  try {
    const { address, family } = await lookup(target.host.replaceAll(/[[\]]/g, ''))
    const { promise, resolve: report } = Promise.withResolvers<OptionsAnswer>()
    const random = systemRandom()
    const request: OptionsRequest = { target, address, family, random, report, branch: `z9hG4bK${random.token()}` }
    const end = target.transport === 'UDP' ? requestByDatagram(request) : requestByStream(request)
    const timer = setTimeout(report, timeoutMs, SILENCE)
    return await promise.finally(() => {
      clearTimeout(timer)
      end()
    })
  } catch (error) {
    return unreachable(error)
  }
}

function requestByDatagram(request: OptionsRequest): () => void {
  const { address, family, report } = request
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let stopRepeating: (() => void) | undefined
  // The socket is connected, because only a connected socket gets an error if no process listens on the port.
  socket.on('error', (error) => report(unreachable(error)))
  socket.on('message', (bytes) => read(request, bytes, 0, bytes.length))
  socket.connect(request.target.port, address, () => {
    const text = requestText(request, socket.address())
    stopRepeating = repeating(() => socket.send(text))
  })
  return () => {
    stopRepeating?.()
    socket.close()
  }
}

/** Sends again and again. The interval (Timer E) begins with T1 and doubles up to T2 (RFC 3261 §17.1.2.1). */
function repeating(send: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const again = (interval: number): void => {
    send()
    timer = setTimeout(again, interval, Math.min(2 * interval, T2_MS))
  }
  again(T1_MS)
  return () => clearTimeout(timer)
}

function requestByStream(request: OptionsRequest): () => void {
  const { address, report } = request
  const framer = new StreamFramer()
  const socket = connect(request.target.port, address)
  let connected = false
  socket.on('connect', () => {
    connected = true
    socket.write(requestText(request, { address: socket.localAddress ?? '', port: socket.localPort ?? 0 }))
  })
  socket.on('data', (chunk) => {
    framer.push(chunk)
    for (;;) {
      const frame = framer.next()
      switch (frame.type) {
        case 'message':
          read(request, frame.bytes, frame.offset, frame.length)
          break
        case 'ping':
          break
        case 'incomplete':
        case 'broken':
          return
      }
    }
  })
  // If we are a stranger, the ingress closes the connection without an answer.
  socket.on('close', () => report(SILENCE))
  socket.on('error', (error) => report(connected ? SILENCE : unreachable(error)))
  return () => socket.destroy()
}

/**
 * Reads one message. The response to this request has the request's branch (RFC 3261 §17.1.3). A provisional response does
 * not end the wait.
 */
function read({ branch, report }: OptionsRequest, bytes: Buffer, offset: number, length: number): void {
  const message = new SipMessage()
  if (parseMessage(message, bytes, offset, length) !== undefined || message.isRequest || message.status < 200) return
  const [via = ''] = message.values('Via')
  if (parseVia(via)?.branch !== branch) return
  const reason = message.bytes.toString('utf8', message.reasonStart, message.reasonEnd)
  report({ type: 'answered', status: message.status, reason })
}

function requestText({ target, branch, random }: OptionsRequest, local: Pick<AddressInfo, 'address' | 'port'>): string {
  const here = parseIpAddress(local.address)
  const host = here ? hostText(here) : local.address
  const uri = `sip:${target.host}:${target.port}`
  const lines = [
    `OPTIONS ${uri}${target.transport === 'TCP' ? ';transport=tcp' : ''} SIP/2.0`,
    `Via: SIP/2.0/${target.transport} ${host}:${local.port};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:probe@${host}>;tag=${random.token()}`,
    `To: <${uri}>`,
    `Call-ID: ${random.token()}`,
    'CSeq: 1 OPTIONS',
    'Accept: application/sdp',
    'Content-Length: 0',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function unreachable(error: unknown): OptionsAnswer {
  return { type: 'unreachable', why: errorText(error) }
}
