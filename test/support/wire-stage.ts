/** The stage on real sockets: for the native engine, and for a real drachtio-server of this machine. */
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import { startDrachtioEngine } from '../../ingress/sip/drachtio/drachtio-engine.ts'
import { socketMakers, startNativeEngine } from '../../ingress/sip/native/native-engine.ts'
import type { SipEngine } from '../../ingress/sip/port/engine.ts'
import { systemRandom } from '../../ingress/time/random.ts'
import { until } from './cache-parts.ts'
import { testDatagrams } from './datagrams.ts'
import { drachtioConfig } from './drachtio-harness.ts'
import { TEST_COOKIE_KEY } from './engine-harness.ts'
import {
  type EngineStage,
  MARK,
  probeOf,
  type StageCaller,
  type StageInvite,
  type StageOptions,
  type StageParts,
  stageParts,
} from './engine-stage.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from './sip-text.ts'
import { type DatagramPeer, openDatagramPeer } from './wire-socket.ts'

/** The caller has an address of its own, so that it counts as a trunk's source and not as a backend. */
const PEER = '127.0.0.3'
const STRANGER = '127.0.0.2'

/** Starts an engine; returns it with the UDP port of 127.0.0.1 where it takes SIP. */
type Start = (parts: StageParts, port: number) => Promise<{ readonly engine: SipEngine; readonly port: number }>

export function startNativeStage(options: StageOptions = {}): Promise<EngineStage> {
  return startWireStage(options, async ({ clock, application }, port) => {
    const address = parseIpAddress('127.0.0.1')
    if (!address) throw new Error('unreachable')
    const listen = [{ transport: 'UDP', address, port }] as const
    const names = { external: undefined, internal: undefined, machineAddress: () => undefined }
    const engine = await startNativeEngine(
      { application, clock, random: systemRandom(), listen, cookieKeys: [TEST_COOKIE_KEY], ...names },
      socketMakers(await testDatagrams()),
    )
    return { engine, port: Number(/:(\d+)$/.exec(engine.listening[0] ?? '')?.[1]) }
  })
}

export interface RealServer {
  /** `host:port` of its admin port. */
  readonly url: string
  readonly secret: string
  readonly sipPort: number
}

export function startRealDrachtioStage(server: RealServer, options: StageOptions = {}): Promise<EngineStage> {
  const [host = '', port = ''] = server.url.split(':')
  return startWireStage(options, async ({ clock, application }) => {
    const config = drachtioConfig({ servers: [{ host, port: Number(port), tls: false }], secret: server.secret })
    const engine = await startDrachtioEngine({ application, clock, random: systemRandom(), config })
    await until(() => engine.unready?.length === 0)
    return { engine, port: server.sipPort }
  })
}

interface Wire {
  readonly peers: Readonly<Record<'peer' | 'stranger', DatagramPeer>>
  readonly backends: readonly [DatagramPeer, DatagramPeer]
  port: number
  count: number
}

async function startWireStage(options: StageOptions, start: Start): Promise<EngineStage> {
  const [peer, stranger] = await Promise.all([openDatagramPeer(PEER), openDatagramPeer(STRANGER)])
  const backends: [DatagramPeer, DatagramPeer] = [
    await openDatagramPeer('127.0.0.1'),
    await openDatagramPeer('127.0.0.1'),
  ]
  const [first, second] = backends
  const at = [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`] as const
  const parts = stageParts(options, { peer: PEER, backends: at })
  let running = await start(parts, 0)
  const wire: Wire = { peers: { peer, stranger }, backends, port: running.port, count: 0 }
  const lost = new Set<number>()
  const inviteOf = (backend: 0 | 1, mark: string | undefined): string | undefined =>
    backends[backend].received.find((text) => isInvite(text, mark))
  const { calls, events, drain } = parts
  return {
    calls,
    events,
    drain,
    send: (change = {}, from = 'peer') => sendFrom(wire, wire.peers[from], change),
    invited: async (backend, mark) => {
      const text = await backends[backend].answer((received) => isInvite(received, mark))
      return wireInvite(wire, backends[backend], text)
    },
    hasInvited: (backend, mark) => inviteOf(backend, mark) !== undefined,
    probe: (backend, change = {}) =>
      new Promise((resolve) => void running.engine.probe(probeOf(at[backend], change), resolve)),
    asked: async (backend) => {
      const text = await backends[backend].answer((received) => methodOf(received) === 'OPTIONS')
      return wireInvite(wire, backends[backend], text)
    },
    lose: (backend) => {
      backends[backend].close()
      lost.add(backend)
    },
    restart: async () => {
      await running.engine.close()
      running = await start(parts, wire.port)
    },
    close: async () => {
      await running.engine.close()
      for (const one of [peer, stranger, ...backends.filter((_, backend) => !lost.has(backend))]) one.close()
    },
  }
}

async function sendFrom(wire: Wire, from: DatagramPeer, change: RequestText): Promise<StageCaller> {
  const number = ++wire.count
  const callId = change.callId ?? `call-${number}-${from.port}`
  const branch = `z9hG4bK-${number}-${from.port}`
  const here = `${from.address}:${from.port}`
  const text = requestText({
    uri: `sip:+15551234567@127.0.0.1:${wire.port}`,
    via: `SIP/2.0/UDP ${here};rport;branch=${branch}`,
    contact: `<sip:caller@${here}>`,
    ...change,
    callId,
  })
  await from.send(text, wire.port)
  const mine = (received: string): boolean =>
    (headerOf(received, 'Via')[0] ?? '').includes(branch) &&
    (headerOf(received, 'CSeq')[0] ?? '').endsWith(methodOf(text))
  const statuses = (): number[] =>
    [...new Set(from.received.filter(mine).map(statusOf))].filter((status) => status > 100)
  return {
    statuses,
    silent: () => !from.received.some(mine),
    final: async () => {
      const response = await from.answer((received) => mine(received) && statusOf(received) >= 200)
      if (methodOf(text) === 'INVITE' && statusOf(response) >= 300) await from.send(ackOf(text, response), wire.port)
      return response
    },
    receives: async (status) => void (await from.answer((received) => mine(received) && statusOf(received) === status)),
    cancel: () => from.send(text.replace(/^INVITE/, 'CANCEL').replace(/(CSeq: \d+) INVITE/, '$1 CANCEL'), wire.port),
    inside: (method, content = {}) =>
      insideOf(wire, from, {
        method,
        content,
        callId,
        answered: from.received.find((one) => mine(one) && statusOf(one) === 200) ?? '',
      }),
  }
}

interface Inside {
  readonly method: string
  readonly content: Pick<RequestText, 'body' | 'extra'>
  readonly callId: string
  /** The 200 to the INVITE. */
  readonly answered: string
}

function insideOf(wire: Wire, from: DatagramPeer, { method, content, callId, answered }: Inside): Promise<StageCaller> {
  const uri = /<([^>]+)>/.exec(headerOf(answered, 'Contact')[0] ?? '')?.[1] ?? ''
  const routes = headerOf(answered, 'Record-Route')
    .flatMap((line) => line.split(/,\s*/))
    .toReversed()
  return sendFrom(wire, from, {
    ...content,
    method,
    callId,
    uri,
    from: headerOf(answered, 'From')[0] ?? '',
    to: headerOf(answered, 'To')[0] ?? '',
    cseq: method === 'ACK' ? 1 : 2,
    extra: [...routes.map((route) => `Route: ${route}`), ...(content.extra ?? [])],
  })
}

/** RFC 3261 §17.1.1.3. */
function ackOf(invite: string, response: string): string {
  const to = headerOf(response, 'To')[0] ?? ''
  return invite
    .replace(/^INVITE/, 'ACK')
    .replace(/^To: .*$/m, `To: ${to}`)
    .replace(/(CSeq: \d+) INVITE/, '$1 ACK')
}

function wireInvite(wire: Wire, backend: DatagramPeer, text: string): StageInvite {
  const callId = headerOf(text, 'Call-ID')[0]
  return {
    text,
    answer: (status, change = {}) => {
      const extra = [`Contact: <sip:agent@127.0.0.1:${backend.port}>`, ...(change.extra ?? [])]
      return backend.send(responseText(text, status, { ...change, extra }), wire.port)
    },
    gets: async (method) => {
      const request = await backend.answer((one) => methodOf(one) === method && headerOf(one, 'Call-ID')[0] === callId)
      if (method !== 'ACK') await backend.send(responseText(request, 200), wire.port)
      return request
    },
  }
}

function isInvite(text: string, mark: string | undefined): boolean {
  return methodOf(text) === 'INVITE' && (mark === undefined || headerOf(text, MARK)[0] === mark)
}
