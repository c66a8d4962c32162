/** Stands before a nameserver and passes datagrams on, later, or not at all: then it answers itself, and wrongly. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { MAX_WRONG_ANSWERS } from '../../ingress/resolve/limits.ts'

/** Milliseconds by which a slow relay delays an answer. */
const DELAY_MS = 500

export interface NameserverRelay {
  /** `127.0.0.1:5353`, as `--resolver` wants it. */
  readonly address: string
  mode: 'forward' | 'slow' | 'lie'
  /** Closes the port: who asks hears at once that nobody listens. */
  halt(): void
  /** Opens the same port again. */
  restart(): Promise<void>
}

/** Starts the relay before the nameserver on a port of 127.0.0.1. */
export async function startNameserverRelay(nameserver: number): Promise<NameserverRelay> {
  let port = 0
  let socket: Socket | undefined
  const relay: NameserverRelay = {
    get address() {
      return `127.0.0.1:${port}`
    },
    mode: 'forward',
    halt: () => {
      socket?.close()
      socket = undefined
    },
    restart: async () => {
      const own = createSocket('udp4')
      own.on('message', (bytes, from) => {
        const back = (answer: Buffer): void => {
          if (socket === own) own.send(answer, from.port, from.address)
        }
        if (relay.mode === 'lie') for (const lie of liesAbout(bytes)) back(lie)
        else ask(bytes, nameserver, (answer) => setTimeout(back, relay.mode === 'slow' ? DELAY_MS : 0, answer).unref())
      })
      own.bind(port, '127.0.0.1')
      await once(own, 'listening')
      own.unref()
      port = own.address().port
      socket = own
    },
  }
  await relay.restart()
  return relay
}

function ask(question: Buffer, port: number, answered: (answer: Buffer) => void): void {
  const socket = createSocket('udp4')
  socket.once('message', (answer) => {
    socket.close()
    answered(answer)
  })
  socket.send(question, port, '127.0.0.1')
  socket.unref()
}

/** As many answers with guessed numbers as end a question. */
function liesAbout(question: Buffer): Buffer[] {
  return Array.from({ length: MAX_WRONG_ANSWERS }, (_, i) => {
    const lie = Buffer.from(question)
    lie.writeUInt16BE((question.readUInt16BE(0) + i + 1) & 0xffff, 0)
    lie.writeUInt16BE(0x8180, 2)
    return lie
  })
}
