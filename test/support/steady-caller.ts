/** Calls one number continuously, and counts the calls without a final answer. */
import { setTimeout as pause } from 'node:timers/promises'
import { requestText, statusOf } from './sip-text.ts'
import { openDatagramPeer } from './wire-socket.ts'

/** Milliseconds between two calls. */
const PAUSE_MS = 20

/** Milliseconds that the last call may take: a call without an answer by then is lost. */
const LAST_ANSWER_MS = 60_000

export interface SteadyCaller {
  /** Makes no more calls; returns the number of calls without a final answer, and the final statuses. */
  end(): Promise<{ readonly lost: number; readonly statuses: readonly number[] }>
  close(): void
}

/** Starts at once, from 127.0.0.1 over UDP. */
export async function startSteadyCaller(number: string, port: number): Promise<SteadyCaller> {
  const peer = await openDatagramPeer('127.0.0.1')
  const end = new AbortController()
  let made = 0
  const calling = (async () => {
    while (!end.signal.aborted) {
      const callId = `steady-${process.pid}-${peer.port}-${++made}`
      const via = `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-${callId}`
      await peer.send(requestText({ uri: `sip:${number}@127.0.0.1`, via, callId }), port)
      await pause(PAUSE_MS)
    }
  })()
  return {
    end: async () => {
      end.abort()
      await calling
      const finals = (): string[] => peer.received.filter((text) => statusOf(text) >= 200)
      const lost = (): number => made - new Set(finals().map((text) => /^Call-ID: *(\S+)/im.exec(text)?.[1])).size
      const deadline = performance.now() + LAST_ANSWER_MS
      while (lost() > 0 && performance.now() < deadline) await pause(PAUSE_MS)
      return { lost: lost(), statuses: [...new Set(finals().map(statusOf))] }
    },
    close: () => {
      end.abort()
      peer.close()
    },
  }
}
