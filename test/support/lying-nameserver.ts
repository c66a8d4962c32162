/** A nameserver that breaks the rules: it answers each datagram with what a test says, whatever was asked. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet'

export interface Asked {
  readonly id: number
  readonly question: Question
  /** Whether the question says that the answer may be larger than 512 bytes. */
  readonly edns: boolean
}

export interface LyingNameserver {
  readonly port: number
  readonly asked: readonly Asked[]
  close(): void
}

/** `lie` returns the datagrams to send back, in their order. */
export async function startLyingNameserver(lie: (asked: Asked) => readonly Buffer[]): Promise<LyingNameserver> {
  const socket = createSocket('udp4')
  const asked: Asked[] = []
  socket.on('message', (bytes, from) => {
    const { id = 0, questions = [], additionals = [] } = decode(bytes)
    const [question] = questions
    if (!question) return
    const one = { id, question, edns: additionals.length > 0 }
    asked.push(one)
    for (const answer of lie(one)) socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.unref()
  return { port: socket.address().port, asked, close: () => void socket.close() }
}

/** The bits of a usual answer: a response, recursion desired and available. */
export const RESPONSE_FLAGS = 0x8180

/** An answer to a question, with changes. */
export function answerTo({ id, question }: Asked, answers: Answer[], change: Partial<Packet> = {}): Buffer {
  return encode({ type: 'response', id, flags: RESPONSE_FLAGS, questions: [question], answers, ...change })
}

/** An address record for the name that was asked for. */
export function addressRecord({ question }: Asked, address: string): Answer {
  return { type: 'A', name: question.name, ttl: 60, data: address }
}
