/** A server under load, for any of the programs compared. */
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { START_MS } from '../limits.ts'

export interface RunningServer {
  readonly name: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const PROBE_PAUSE_MS = 200

/** A UDP port of 127.0.0.1 that is free at the moment. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** Resolves when the server answers an OPTIONS. Rejects with the end of its log if it ends before, or never answers. */
export async function waitUntilServing(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const answer = once(socket, 'message').then(() => true)
  const deadline = performance.now() + START_MS
  let answered = false
  while (!answered && child.exitCode === null && performance.now() < deadline) {
    socket.send(probe(port, socket.address().port), port, '127.0.0.1')
    answered = await Promise.race([answer, pause(PROBE_PAUSE_MS)])
  }
  socket.close()
  if (!answered)
    throw new Error(`the server does not serve; its log ends:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
}

async function pause(milliseconds: number): Promise<false> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return false
}

function probe(port: number, local: number): string {
  const id = Math.random().toString(36).slice(2)
  return (
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${local};branch=z9hG4bK${id}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:probe@127.0.0.1>;tag=${id}\r\nTo: <sip:127.0.0.1:${port}>\r\n` +
    `Call-ID: ${id}@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  )
}
