/** Makes calls continuously. Each is answered, lasts for a while and ends with a BYE. Requests without an answer are counted. */
import { setTimeout as pause } from 'node:timers/promises'
import { headerOf, requestText, statusOf } from './sip-text.ts'
import { type DatagramPeer, openDatagramPeer } from './wire-socket.ts'

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
  const peer = await openDatagramPeer('127.0.0.1')
  const end = new AbortController()
  const calls: Promise<string[]>[] = []
  const calling = (async () => {
    while (!end.signal.aborted) {
      calls.push(talk({ peer, port, number, id: `talk-${process.pid}-${peer.port}-${calls.length}` }))
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
      peer.close()
    },
  }
}

interface Call {
  readonly peer: DatagramPeer
  readonly port: number
  readonly number: string
  readonly id: string
}

/** The statuses that were not 200; empty for a good call. */
async function talk({ peer, port, number, id }: Call): Promise<string[]> {
  const via = (branch: string): string => `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-${id}-${branch}`
  const final = (method: string): Promise<string> =>
    peer
      .answer((text) => statusOf(text) >= 200 && text.includes(`Call-ID: ${id}\r\n`) && text.includes(` ${method}\r\n`))
      .catch(() => '')
  await peer.send(requestText({ callId: id, uri: `sip:${number}@127.0.0.1`, via: via('invite') }), port)
  const ok = await final('INVITE')
  if (statusOf(ok) !== 200) return [`INVITE ${statusOf(ok) || 'none'}`]
  const uri = /<(.*)>/.exec(headerOf(ok, 'Contact')[0] ?? '')?.[1] ?? ''
  const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
  const inside = { callId: id, uri, to: headerOf(ok, 'To')[0] ?? '', extra: extra.toReversed() }
  await peer.send(requestText({ ...inside, method: 'ACK', via: via('ack') }), port)
  await pause(TALK_MS)
  await peer.send(requestText({ ...inside, method: 'BYE', cseq: 2, via: via('bye') }), port)
  const bye = statusOf(await final('BYE'))
  return bye === 200 ? [] : [`BYE ${bye || 'none'}`]
}
