/** Asks one nameserver one question: over UDP, and over TCP if the answer does not fit a datagram (RFC 7766 §5). */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createConnection } from 'node:net'
import { hostText, type IpAddress } from '../address/ip-address.ts'
import { errorText } from '../text/error-text.ts'
import { type DnsMessage, type Question, type QuestionType, readAnswer, writeQuestion } from './dns-message.ts'
import { MAX_ANSWER_BYTES, MAX_WRONG_ANSWERS } from './limits.ts'

export interface Nameserver {
  readonly address: IpAddress
  readonly port: number
}

export interface Asked {
  readonly name: string
  readonly type: QuestionType
  /** Milliseconds to wait, for UDP and again for TCP. */
  readonly timeoutMs: number
  /** Whether to say that we take more than 512 bytes over UDP (RFC 6891). */
  readonly edns: boolean
}

/** Why there is no answer. */
export interface NoAnswer {
  readonly fault: 'timeout' | 'unreachable' | 'malformed' | 'wrong_answers'
  /** For people. */
  readonly detail: string
}

/**
 * Asks a nameserver. Number and source port of the question are new and random, so that nobody can guess them (RFC 5452 §9).
 * Never rejects. `signal` ends the waiting; the result is then a fault that nobody reads.
 */
export async function askServer(server: Nameserver, asked: Asked, signal: AbortSignal): Promise<DnsMessage | NoAnswer> {
  const question = { id: randomInt(65_536), name: asked.name, type: asked.type }
  const answer = await overUdp(server, { ...asked, question }, signal)
  return 'truncated' in answer && answer.truncated ? overTcp(server, { ...asked, question }, signal) : answer
}

type Sent = Asked & { readonly question: Question }

export function serverText({ address, port }: Nameserver): string {
  return `${hostText(address)}:${port}`
}

function overUdp(server: Nameserver, sent: Sent, signal: AbortSignal): Promise<DnsMessage | NoAnswer> {
  const { promise, resolve } = Promise.withResolvers<DnsMessage | NoAnswer>()
  const socket = createSocket(server.address.family === 4 ? 'udp4' : 'udp6')
  let wrong = 0
  const silence = (): NoAnswer => ({
    fault: 'timeout',
    detail: `${serverText(server)} did not answer${wrong === 0 ? '' : `; ${wrong} packets answered another question`}`,
  })
  socket.on('error', (error) => resolve(unreachable(server, error)))
  socket.on('message', (bytes) => {
    const answer = readAnswer(bytes, sent.question)
    if (answer === 'malformed') resolve(unreadable(server))
    else if (answer !== 'other') resolve(answer)
    else if (++wrong === MAX_WRONG_ANSWERS) resolve(guessed(server))
  })
  // A connected socket takes packets of this server only, and hears at once that nobody listens there.
  socket.connect(server.port, server.address.text, () => socket.send(writeQuestion(sent.question, sent.edns)))
  return ended({ promise, resolve, timeoutMs: sent.timeoutMs, silence, signal }, () => socket.close())
}

function overTcp(server: Nameserver, sent: Sent, signal: AbortSignal): Promise<DnsMessage | NoAnswer> {
  const { promise, resolve } = Promise.withResolvers<DnsMessage | NoAnswer>()
  const socket = createConnection({ host: server.address.text, port: server.port })
  let received = Buffer.alloc(0)
  socket.on('error', (error) => resolve(unreachable(server, error)))
  socket.on('close', () => resolve({ fault: 'unreachable', detail: `${serverText(server)} closed the connection` }))
  socket.on('connect', () => socket.write(withLength(writeQuestion(sent.question, sent.edns))))
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes])
    const end = received.length < 2 ? MAX_ANSWER_BYTES + 2 : 2 + received.readUInt16BE(0)
    if (received.length < end) return
    const answer = readAnswer(received.subarray(2, end), sent.question)
    resolve(typeof answer === 'string' ? unreadable(server) : answer)
  })
  const silence = (): NoAnswer => ({ fault: 'timeout', detail: `${serverText(server)} did not answer over TCP` })
  return ended({ promise, resolve, timeoutMs: sent.timeoutMs, silence, signal }, () => socket.destroy())
}

interface Waiting {
  readonly promise: Promise<DnsMessage | NoAnswer>
  readonly resolve: (answer: NoAnswer) => void
  readonly timeoutMs: number
  readonly silence: () => NoAnswer
  readonly signal: AbortSignal
}

/** Waits for an answer, a fault, the end of the time or the signal. `close` is called once after that. */
async function ended({ promise, resolve, timeoutMs, silence, signal }: Waiting, close: () => void) {
  const stop = (): void => resolve({ fault: 'timeout', detail: 'the process stopped waiting' })
  const timer = setTimeout(() => resolve(silence()), timeoutMs)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const answer = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  close()
  return answer
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

function unreachable(server: Nameserver, error: Error): NoAnswer {
  return { fault: 'unreachable', detail: `${serverText(server)} cannot be reached: ${errorText(error)}` }
}

function unreadable(server: Nameserver): NoAnswer {
  return { fault: 'malformed', detail: `${serverText(server)} sent an answer that cannot be read` }
}

function guessed(server: Nameserver): NoAnswer {
  const detail = `${MAX_WRONG_ANSWERS} packets from ${serverText(server)} answered another question: somebody may be guessing`
  return { fault: 'wrong_answers', detail }
}
