/** Calls one number continuously, and tells of the calls without a final answer. */
import { setTimeout as pause } from 'node:timers/promises'
import type { LogLine } from './serving-process.ts'
import { statusOf } from './sip-text.ts'
import { openUdpCaller, type UdpCaller } from './udp-caller.ts'

/** Milliseconds between two calls. */
const PAUSE_MS = 20

export interface SteadyCaller {
  /** Makes no more calls; resolves when each has a final answer or its time is over. */
  end(): Promise<SteadyCalls>
  close(): void
}

export interface SteadyCalls {
  /** The calls without a final answer, oldest first. */
  readonly lost: readonly LostCall[]
  /** The different final statuses, in the order in which they first came. */
  readonly statuses: readonly number[]
}

/** What is known of a lost call: enough to tell whether the ingress had it. */
export interface LostCall {
  readonly callId: string
  /** Milliseconds since the epoch when its first INVITE was sent: `time` of the log lines. */
  readonly sentAt: number
  /** Log lines of the ingresses about it. An ingress leaves out lines beyond so many a second, and tells only their number. */
  readonly logged: readonly LogLine[]
}

/** Starts at once, from 127.0.0.1 over UDP. `ingresses`: those whose logs may have lines about the calls. */
export async function startSteadyCaller(
  number: string,
  port: number,
  ingresses: readonly { readonly log: readonly LogLine[] }[],
): Promise<SteadyCaller> {
  const caller = await openUdpCaller()
  const end = new AbortController()
  const calls: Promise<EndedCall>[] = []
  const calling = (async () => {
    while (!end.signal.aborted) {
      const callId = `steady-${process.pid}-${caller.port}-${calls.length}`
      calls.push(call(caller, { number, port, callId }))
      await pause(PAUSE_MS)
    }
  })()
  return {
    end: async () => {
      end.abort()
      await calling
      const ended = await Promise.all(calls)
      const lines = ingresses.flatMap(({ log }) => log)
      return {
        lost: ended.filter(({ status }) => status === undefined).map((lost) => lostCall(lost, lines)),
        statuses: [...new Set(ended.flatMap(({ status }) => status ?? []))],
      }
    },
    close: () => {
      end.abort()
      caller.close()
    },
  }
}

interface EndedCall {
  readonly callId: string
  readonly sentAt: number
  /** Undefined without a final answer. */
  readonly status: number | undefined
}

async function call(
  caller: UdpCaller,
  { number, port, callId }: { number: string; port: number; callId: string },
): Promise<EndedCall> {
  const sentAt = Date.now()
  const final = await caller.request({ uri: `sip:${number}@127.0.0.1`, callId }, port)
  return { callId, sentAt, status: final === undefined ? undefined : statusOf(final) }
}

function lostCall({ callId, sentAt }: EndedCall, lines: readonly LogLine[]): LostCall {
  return { callId, sentAt, logged: lines.filter((line) => line['callId'] === callId) }
}
