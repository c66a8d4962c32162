/** Makes calls continuously. Each is answered, lasts for a while and ends with a BYE. Requests without an answer are counted. */
import { setTimeout as pause } from 'node:timers/promises'
import { headerOf, requestText, statusOf } from './sip-text.ts'
import { openUdpCaller, type UdpCaller } from './udp-caller.ts'

/** Milliseconds between two calls, and duration of each. */
const PAUSE_MS = 20
const TALK_MS = 400

export interface TalkedCalls {
  readonly made: number
  /** Final statuses of INVITEs and BYEs other than 200, and `none` for a request without an answer. */
  readonly failed: readonly string[]
}

export interface TalkingCaller {
  /** Makes no more calls; resolves when the last one is over. */
  end(): Promise<TalkedCalls>
  close(): void
}

/** Starts at once, from 127.0.0.1 over UDP. */
export async function startTalkingCaller(number: string, port: number): Promise<TalkingCaller> {
  const caller = await openUdpCaller()
  const end = new AbortController()
  const calls: Promise<string[]>[] = []
  const calling = (async () => {
    while (!end.signal.aborted) {
      calls.push(talk({ caller, port, number, id: `talk-${process.pid}-${caller.port}-${calls.length}` }))
      await pause(PAUSE_MS)
    }
  })()
  return {
    end: async () => {
      end.abort()
      await calling
      return { made: calls.length, failed: (await Promise.all(calls)).flat() }
    },
    close: () => {
      end.abort()
      caller.close()
    },
  }
}

interface Call {
  readonly caller: UdpCaller
  readonly port: number
  readonly number: string
  readonly id: string
}

/** The statuses that were not 200; empty for a good call. */
async function talk({ caller, port, number, id }: Call): Promise<string[]> {
  const ok = (await caller.request({ callId: id, uri: `sip:${number}@127.0.0.1` }, port)) ?? ''
  if (statusOf(ok) !== 200) return [`INVITE ${statusOf(ok) || 'none'}`]
  const uri = /<(.*)>/.exec(headerOf(ok, 'Contact')[0] ?? '')?.[1] ?? ''
  const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
  const inside = { callId: id, uri, to: headerOf(ok, 'To')[0] ?? '', extra: extra.toReversed() }
  const via = `SIP/2.0/UDP ${caller.sentBy};branch=z9hG4bK-${id}-ACK`
  caller.send(requestText({ ...inside, method: 'ACK', via }), port)
  await pause(TALK_MS)
  const bye = statusOf((await caller.request({ ...inside, method: 'BYE', cseq: 2 }, port)) ?? '')
  return bye === 200 ? [] : [`BYE ${bye || 'none'}`]
}
