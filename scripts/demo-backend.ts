import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { titleOf, writeResponse } from './demo-sip.ts'

export interface DemoBackend {
  /** Called for every message that comes in or goes out. */
  onMessage: (direction: 'in' | 'out', title: string) => void
  close(): void
}

const RINGING_MS = 120

/** Starts a backend that rings for a moment, answers, and accepts a BYE. */
export async function startDemoBackend(port: number): Promise<DemoBackend> {
  const socket = createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  const backend: DemoBackend = { onMessage: () => undefined, close: () => socket.close() }
  socket.on('message', (bytes, { address, port: from }) => {
    const request = bytes.toString('latin1')
    backend.onMessage('in', titleOf(request))
    const answer = (statusLine: string): void => {
      backend.onMessage('out', statusLine)
      send(socket, writeResponse(request, statusLine, `sip:demo@127.0.0.1:${port}`), { address, port: from })
    }
    if (titleOf(request) === 'INVITE') {
      answer('180 Ringing')
      setTimeout(answer, RINGING_MS, '200 OK')
    } else if (titleOf(request) !== 'ACK') {
      answer('200 OK')
    }
  })
  return backend
}

function send(socket: Socket, text: string, to: { readonly address: string; readonly port: number }): void {
  socket.send(Buffer.from(text, 'latin1'), to.port, to.address)
}
