/** A backend on a real socket that answers what comes, and that a test can make silent, busy or gone. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { methodOf, responseText } from './sip-text.ts'

export interface AnsweringBackend {
  /** As in a rule: `sip:127.0.0.1:5090`. */
  readonly uri: string
  readonly port: number
  /** What it answers to INVITE and OPTIONS from now on; 0: nothing at all. */
  status: number
  /** The number of requests with this method that have come. */
  came(method: string): number
  /** From now on nothing listens there. */
  close(): void
}

/** Opens it at a port of 127.0.0.1; 0: any. */
export async function openAnsweringBackend(port = 0, status = 200): Promise<AnsweringBackend> {
  const socket: Socket = createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  socket.unref()
  const counts = new Map<string, number>()
  const at = socket.address().port
  const backend: AnsweringBackend = {
    uri: `sip:127.0.0.1:${at}`,
    port: at,
    status,
    came: (method) => counts.get(method) ?? 0,
    close: () => void socket.close(),
  }
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1')
    const method = methodOf(text)
    counts.set(method, backend.came(method) + 1)
    if (method === 'ACK' || backend.status === 0) return
    socket.send(responseText(text, backend.status), from.port)
  })
  return backend
}
