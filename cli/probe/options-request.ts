/** One OPTIONS outside a dialog, and the answer to it (RFC 3261 §11): the client's side of a non-INVITE transaction. */

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
  /** No answer in time, or the connection was closed without one. */
  | { readonly type: 'silence' }
  | { readonly type: 'unreachable'; readonly why: string }

const SILENCE: OptionsAnswer = { type: 'silence' }

/** One request: where it goes, what marks it, and where its answer is told. */
interface Asking {
  readonly target: SipAddress
  /** The numeric address of the target's host, and its family. */
  readonly address: string
  readonly family: number
  readonly branch: string
  readonly random: Random
  readonly tell: (answer: OptionsAnswer) => void
}

/** Asks once, repeating over UDP. Never rejects. */
export async function askOptions(target: SipAddress, timeoutMs: number): Promise<OptionsAnswer> {
  try {
    const { address, family } = await lookup(target.host.replaceAll(/[[\]]/g, ''))
    const { promise, resolve: tell } = Promise.withResolvers<OptionsAnswer>()
    const random = systemRandom()
    const asking: Asking = { target, address, family, random, tell, branch: `z9hG4bK${random.token()}` }
    const end = target.transport === 'UDP' ? askByDatagram(asking) : askByStream(asking)
    const timer = setTimeout(tell, timeoutMs, SILENCE)
    return await promise.finally(() => {
      clearTimeout(timer)
      end()
    })
  } catch (error) {
    return unreachable(error)
  }
}

function askByDatagram(asking: Asking): () => void {
  const { address, family, tell } = asking
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let stopRepeating: (() => void) | undefined
  // A connected socket hears that nobody listens.
  socket.on('error', (error) => tell(unreachable(error)))
  socket.on('message', (bytes) => read(asking, bytes, 0, bytes.length))
  socket.connect(asking.target.port, address, () => {
    const request = requestText(asking, socket.address())
    stopRepeating = repeating(() => socket.send(request))
  })
  return () => {
    stopRepeating?.()
    socket.close()
  }
}

/** RFC 3261 §17.1.2.1: Timer E begins with T1 and doubles up to T2. */
function repeating(send: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const again = (interval: number): void => {
    send()
    timer = setTimeout(again, interval, Math.min(2 * interval, T2_MS))
  }
  again(T1_MS)
  return () => clearTimeout(timer)
}

function askByStream(asking: Asking): () => void {
  const { address, tell } = asking
  const framer = new StreamFramer()
  const socket = connect(asking.target.port, address)
  let connected = false
  socket.on('connect', () => {
    connected = true
    socket.write(requestText(asking, { address: socket.localAddress ?? '', port: socket.localPort ?? 0 }))
  })
  socket.on('data', (chunk) => {
    framer.push(chunk)
    for (let frame = framer.next(); frame.type === 'message' || frame.type === 'ping'; frame = framer.next()) {
      if (frame.type === 'message') read(asking, frame.bytes, frame.offset, frame.length)
    }
  })
  // A stranger's connection is cut without a word.
  socket.on('close', () => tell(SILENCE))
  socket.on('error', (error) => tell(connected ? SILENCE : unreachable(error)))
  return () => socket.destroy()
}

/** RFC 3261 §17.1.3: the response to this request carries its branch; a provisional one ends nothing. */
function read({ branch, tell }: Asking, bytes: Buffer, offset: number, length: number): void {
  const message = new SipMessage()
  if (parseMessage(message, bytes, offset, length) !== undefined || message.isRequest || message.status < 200) return
  const [via = ''] = message.values('Via')
  if (parseVia(via)?.branch !== branch) return
  const reason = message.bytes.toString('utf8', message.reasonStart, message.reasonEnd)
  tell({ type: 'answered', status: message.status, reason })
}

function requestText({ target, branch, random }: Asking, local: Pick<AddressInfo, 'address' | 'port'>): string {
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
