/** The stage for the drachtio engine with a drachtio-server of the tests. */
import { startDrachtioEngine } from '../../ingress/sip/drachtio/drachtio-engine.ts'
import { systemRandom } from '../../ingress/time/random.ts'
import { until } from './cache-parts.ts'
import { drachtioConfig, SECRET } from './drachtio-harness.ts'
import {
  type CallerTransaction,
  type DrachtioServer,
  type SentRequest,
  startDrachtioServer,
} from './drachtio-server.ts'
import {
  type EngineStage,
  MARK,
  probeOf,
  type StageCaller,
  type StageInvite,
  type StageOptions,
  stageParts,
} from './engine-stage.ts'
import { headerOf, type RequestText, requestText, statusOf } from './sip-text.ts'

const PEER = '198.51.100.7'
const STRANGER = '203.0.113.99'
const BACKENDS = ['10.0.0.1:5080', '10.0.0.2:5080'] as const

export async function startDrachtioStage(options: StageOptions = {}): Promise<EngineStage> {
  const server = await startDrachtioServer({ secret: SECRET })
  const { clock, application, calls, events, drain } = stageParts(options, { peer: PEER, backends: BACKENDS })
  const config = drachtioConfig({ servers: [{ host: '127.0.0.1', port: server.port, tls: false }] })
  const start = async () => {
    const engine = await startDrachtioEngine({ application, clock, random: systemRandom(), config })
    await until(() => engine.unready?.length === 0 && server.routes().length > 0)
    return engine
  }
  let engine = await start()
  let count = 0
  const inviteTo = (backend: 0 | 1, mark: string | undefined): SentRequest | undefined =>
    server.sent.find(({ method, text }) => {
      const toBackend = method === 'INVITE' && text.split(' ', 2)[1]?.endsWith(BACKENDS[backend])
      return toBackend && (mark === undefined || headerOf(text, MARK)[0] === mark)
    })
  return {
    calls,
    events,
    drain,
    send: async (change = {}, from = 'peer') => {
      const text = requestText({ callId: `call-${++count}`, ...change })
      const address = from === 'peer' ? PEER : STRANGER
      return stageCaller(server, server.receive(text, { address }), change)
    },
    invited: async (backend, mark) => {
      await until(() => inviteTo(backend, mark) !== undefined)
      const invite = inviteTo(backend, mark)
      if (!invite) throw new Error('unreachable')
      return stageInvite(server, invite)
    },
    hasInvited: (backend, mark) => inviteTo(backend, mark) !== undefined,
    probe: (backend, change = {}) =>
      new Promise((resolve) => void engine.probe(probeOf(BACKENDS[backend], change), resolve)),
    asked: async (backend) => {
      const optionsTo = () =>
        server.sent.find(
          ({ method, text }) => method === 'OPTIONS' && text.split(' ', 2)[1]?.endsWith(BACKENDS[backend]),
        )
      await until(() => optionsTo() !== undefined)
      const request = optionsTo()
      if (!request) throw new Error('unreachable')
      return stageInvite(server, request)
    },
    lose: (backend) => void server.deaf.add(BACKENDS[backend]),
    restart: async () => {
      await engine.close()
      engine = await start()
    },
    close: async () => {
      await engine.close()
      await server.close()
    },
  }
}

function stageCaller(server: DrachtioServer, transaction: CallerTransaction, change: RequestText): StageCaller {
  const final = (): string | undefined => transaction.responses.find((response) => statusOf(response) >= 200)
  return {
    statuses: () => transaction.statuses().filter((status) => status > 100),
    silent: () => transaction.responses.length === 0,
    final: async () => {
      await until(() => final() !== undefined)
      return final() ?? ''
    },
    receives: (status) => until(() => transaction.statuses().includes(status)),
    cancel: async () => server.cancel(transaction),
    inside: async (method, content = {}) => {
      const text = requestText({
        ...change,
        ...content,
        method,
        to: '<sip:far@192.0.2.1>;tag=uas',
        cseq: method === 'ACK' ? 1 : 2,
      })
      const known = server.hasDialog(transaction.dialogId)
      const request = server.receive(text, {}, known ? transaction.dialogId : '')
      return stageCaller(server, request, change)
    },
  }
}

function stageInvite(server: DrachtioServer, invite: SentRequest): StageInvite {
  const got = (method: string): string | undefined =>
    server.sent.find(
      (request) =>
        request.method === method &&
        (method === 'CANCEL' ? request.transactionId === invite.transactionId : request.dialogId === invite.dialogId),
    )?.text
  return {
    text: invite.text,
    answer: async (status, change) => server.answer(invite, status, change),
    gets: async (method) => {
      await until(() => got(method) !== undefined)
      return got(method) ?? ''
    },
  }
}
