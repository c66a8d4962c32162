/**
 * A backend that repeats its 200 to an INVITE as RFC 3261 §13.3.1.4 demands, until the ACK comes. sipp does not do this: it
 * stops when the INVITE has come again.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { T1_MS, T2_MS } from '../../ingress/sip/limits.ts'
import { titleOf, writeResponse } from '../../scripts/demo-sip.ts'

export interface RepeatingBackend {
  readonly port: number
  /** How many requests of a method have come, repeats included. */
  count(method: string): number
  stop(): Promise<void>
}

export interface RepeatingBackendOptions {
  /** Undefined: 127.0.0.1. */
  readonly address?: string
  /**
   * The port to which the caller's requests are sent; undefined: the port of the backend itself, possibly with a lossy line in
   * front.
   */
  readonly contactPort?: number
}

/** Binds a free port. */
export async function startRepeatingBackend(options: RepeatingBackendOptions = {}): Promise<RepeatingBackend> {
  const own = options.address ?? '127.0.0.1'
  const socket = createSocket('udp4').unref()
  socket.bind(0, own)
  await once(socket, 'listening')
  const contact = `sip:${own}:${options.contactPort ?? socket.address().port}`
  const counts = new Map<string, number>()
  /** The pending repeat of each call, by Call-ID; undefined when its ACK has come. */
  const repeats = new Map<string, NodeJS.Timeout | undefined>()
  socket.on('message', (bytes, { address, port }) => {
    const request = bytes.toString('latin1')
    const callId = /^Call-ID: *(.*?)\r$/m.exec(request)?.[1] ?? ''
    counts.set(titleOf(request), (counts.get(titleOf(request)) ?? 0) + 1)
    const answer = (): void => socket.send(writeResponse(request, '200 OK', contact), port, address)
    const repeat = (pauseMs: number): void => {
      answer()
      repeats.set(callId, setTimeout(repeat, pauseMs, Math.min(2 * pauseMs, T2_MS)).unref())
    }
    if (titleOf(request) === 'INVITE') {
      if (!repeats.has(callId)) repeat(T1_MS)
      return
    }
    clearTimeout(repeats.get(callId))
    repeats.set(callId, undefined)
    if (titleOf(request) !== 'ACK') answer()
  })
  return {
    port: socket.address().port,
    count: (method) => counts.get(method) ?? 0,
    stop: async () => {
      for (const timer of repeats.values()) clearTimeout(timer)
      socket.close()
      await once(socket, 'close')
    },
  }
}
