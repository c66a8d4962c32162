/**
 * What the stages of an INVITE cost: the product's own functions, called one stage after the other for 64 INVITEs. Each stage gets
 * what the stage before has made. So a figure is that of the stage with warm caches and with code that sees one kind of message:
 * not more than the stage costs inside the engine. Medians of the groups.
 */
import type { Buffer as Bytes } from 'node:buffer'
import { getHeapStatistics } from 'node:v8'
import type { CallEvent } from '../../ingress/call/call-events.ts'
import { writeDialogData } from '../../ingress/call/dialog-data.ts'
import { chooseTrunk } from '../../ingress/lookup/choose-trunk.ts'
import { matchRule } from '../../ingress/lookup/match-rule.ts'
import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { type RequestFacts, readRequestFacts } from '../../ingress/sip/message/request-facts.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { createCookieSealer } from '../../ingress/sip/native/relay/dialog-cookie.ts'
import { writeForwardedRequest } from '../../ingress/sip/native/relay/forwarded-request.ts'
import { viaSourceOf } from '../../ingress/sip/native/response-path.ts'
import { writeAnswer } from '../../ingress/sip/native/server-side.ts'
import { ByteStore } from '../../ingress/sip/native/transaction/byte-store.ts'
import { ClientTransaction } from '../../ingress/sip/native/transaction/client-transaction.ts'
import { ServerTransaction } from '../../ingress/sip/native/transaction/server-transaction.ts'
import { TransactionKey, writeServerKey } from '../../ingress/sip/native/transaction/transaction-key.ts'
import { TransactionTable } from '../../ingress/sip/native/transaction/transaction-table.ts'
import type { Flow } from '../../ingress/sip/native/transport/transport.ts'
import { MessageRequest } from '../../ingress/sip/port/inbound-request.ts'
import { refusalOf } from '../../ingress/sip/proxy/request-validation.ts'
import { requestWay, senderOf } from '../../ingress/sip/proxy/silence-for-strangers.ts'
import { TextHash } from '../../ingress/sip/proxy/text-hash.ts'
import { CALLS_IN_STEP } from '../limits.ts'
import type { Scenario } from './calls.ts'
import { type Bench, cpuMicroseconds, type Part, partOf } from './rounds.ts'

/** The next call of the stages, so that every call is different: no round comes so far. */
let nextCall = 1_500_000_000
const REFUSAL = { status: 503, reason: 'Service Unavailable', warning: 'no_rule AAAAAAAAAAA' }
const TRYING = { status: 100, reason: 'Trying' }
/** Of the hash in the table of transactions. */
const SEED = 1
/** As long as the names in the table of the bench. */
const RULE = 'voice/rule-0000000'
const DECISIONS = { refused: 'no_rule', forwarded: 'rule', stranger: 'stranger' } as const

/** What the stages of one INVITE make. Everything is replaced in each group. */
interface Work {
  readonly message: SipMessage
  readonly flow: Flow
  readonly bytes: Bytes
  facts: RequestFacts
  readonly key: TransactionKey
  retained: SipMessage
  request: Bytes
  transaction: ServerTransaction | undefined
}

interface Stage {
  readonly name: string
  readonly run: (work: Work) => void
}

/** What all stages share. */
interface Setting {
  readonly bench: Bench
  readonly scenario: Scenario
  readonly transactions: TransactionTable<SipMessage>
  /** The events that the product reports for an INVITE. */
  readonly events: readonly CallEvent[]
  /** What the product has sent to the backend for an INVITE; empty where nothing was sent. */
  readonly forwarded: SipMessage
}

/** Measures the stages of the INVITE. Each group has 64 calls of its own. */
export function measuredStages(bench: Bench, scenario: Scenario, groups: number): Part[] {
  const transactions = new TransactionTable<SipMessage>(SEED)
  const learned = learnInvite(bench)
  const setting = { bench, scenario, transactions, ...learned }
  const stages = stagesOf(setting)
  const figures = stages.map(() => ({ times: [] as number[], bytes: [] as number[] }))
  const works = Array.from({ length: CALLS_IN_STEP }, () => workOf(learned))
  for (let group = 0; group < groups; group++) {
    for (const work of works) nextInvite(bench, work)
    for (const [place, { run }] of stages.entries()) {
      const heap = getHeapStatistics().used_heap_size
      const start = cpuMicroseconds()
      for (const work of works) run(work)
      figures[place]?.times.push(cpuMicroseconds() - start)
      figures[place]?.bytes.push(getHeapStatistics().used_heap_size - heap)
    }
    for (const { transaction } of works) transaction?.destroy()
  }
  return stages.map(({ name }, place) => partOf(name, figures[place], CALLS_IN_STEP))
}

/** Makes one call, and keeps the bytes of its INVITE and what the product made of it. */
function learnInvite({ wire, product, calls }: Bench) {
  const events: CallEvent[] = []
  const [invite, ...others] = calls.steps
  const call = nextCall++
  wire.slot = 0
  wire.toBackend[0] = undefined
  product.report.listener = (event) => events.push(event)
  invite?.run(call)
  product.report.listener = undefined
  const forwarded = new SipMessage()
  const sent = wire.toBackend[0] ?? Buffer.alloc(0)
  parseMessage(forwarded, Buffer.from(sent), 0, sent.length)
  for (const step of others) step.run(call)
  const taken: { readonly flow: Flow; readonly bytes: Bytes }[] = []
  wire.divert((flow, bytes) => taken.push({ flow, bytes: Buffer.from(bytes) }))
  invite?.run(call)
  wire.divert(undefined)
  const [received] = taken
  if (received === undefined) throw new Error('ENGINE_BENCH_STAGES: the INVITE was not delivered')
  return { events, ...received, forwarded }
}

function workOf({ flow, bytes }: { readonly flow: Flow; readonly bytes: Bytes }): Work {
  const message = new SipMessage()
  const own = Buffer.from(bytes)
  const fault = parseMessage(message, own, 0, own.length)
  const facts = readRequestFacts(message)
  if (fault || 'fault' in facts) throw new Error('ENGINE_BENCH_STAGES: the INVITE cannot be read')
  return {
    message,
    flow,
    bytes: own,
    facts,
    key: new TransactionKey(SEED),
    retained: message,
    request: own,
    transaction: undefined,
  }
}

/** Writes the bytes of a call that was never made into the INVITE. */
function nextInvite({ wire, calls }: Bench, work: Work): void {
  wire.divert((_flow, bytes) => {
    bytes.copy(work.bytes)
  })
  calls.steps[0]?.run(nextCall++)
  wire.divert(undefined)
  work.transaction = undefined
}

function stagesOf(setting: Setting): Stage[] {
  const common = [...readingStages(setting), ...decidingStages(setting)]
  switch (setting.scenario) {
    case 'stranger':
      return [...common, eventsStage(setting)]
    case 'refused':
      return [...common, answerStage(setting, REFUSAL), transactionStage(setting, REFUSAL.status), eventsStage(setting)]
    case 'forwarded':
      return [...common, ...forwardingStages(setting), eventsStage(setting)]
  }
}

function readingStages({ transactions }: Setting): Stage[] {
  return [
    {
      name: 'parse',
      run: ({ message, bytes }) => {
        if (parseMessage(message, bytes, 0, bytes.length))
          throw new Error('ENGINE_BENCH_STAGES: a message with a fault')
      },
    },
    {
      name: 'facts',
      run: (work) => {
        const facts = readRequestFacts(work.message, work.facts)
        if ('fault' in facts) throw new Error('ENGINE_BENCH_STAGES: facts with a fault')
        work.facts = facts
      },
    },
    {
      name: 'key, look for its transaction',
      run: (work) => {
        if (transactions.server(writeServerKey(work.key, work, work.message.method)))
          throw new Error('ENGINE_BENCH_STAGES: a call came twice')
      },
    },
  ]
}

function decidingStages({ bench, scenario }: Setting): Stage[] {
  const { application, table } = bench.product
  const known = scenario !== 'stranger'
  return [
    {
      name: known ? 'admission: known, validation' : 'admission: known',
      run: ({ message, facts, flow }) => {
        const sender = senderOf(false, application.isKnown(flow.peer))
        const way = requestWay(sender, message.method, facts.toTag !== undefined, false)
        const refused = known && refusalOf(message, facts, application.headersRead(), false) !== undefined
        if (refused || way !== (known ? 'invite' : 'stranger-invite'))
          throw new Error(`ENGINE_BENCH_STAGES: the way of a call is ${way}`)
      },
    },
    {
      name: 'decision: trunk, rule',
      run: ({ message, facts, flow }) => {
        const call = new MessageRequest(flow.peer, message, facts)
        const admitted = chooseTrunk(table, call)
        const found = admitted.type === 'admitted' ? matchRule(table, admitted, call, Date.now()).type : admitted.type
        if (found !== DECISIONS[scenario]) throw new Error(`ENGINE_BENCH_STAGES: the decision of a call is ${found}`)
      },
    },
  ]
}

function answerStage({ bench }: Setting, answer: typeof REFUSAL | typeof TRYING): Stage {
  const agent = bench.product.engine.listening[0]?.replace('udp://', '') ?? ''
  return {
    name: `answer written: ${answer.status}`,
    run: (work) => {
      const { key, message, facts, flow } = work
      const tag = new TextHash().addBytes(key.bytes, 0, key.length).text()
      work.request = writeAnswer({ message, viaSource: viaSourceOf(facts.via, flow), tag }, answer, agent)
    },
  }
}

/** Makes the server transaction, which sends the answer that was written before. */
function transactionStage({ bench: { product }, transactions }: Setting, status: number): Stage {
  const sink = { reliable: false, sendResponse: () => true }
  const user = {
    onTimeout: () => undefined,
    onTerminated: (transaction: ServerTransaction) => transactions.removeServer(transaction),
  }
  const host = { clock: product.clock, user, responses: new ByteStore() }
  return {
    name: 'server transaction, timers',
    run: (work) => {
      const transaction = new ServerTransaction('invite', sink, host)
      if (!transactions.addServer(work.key, transaction)) throw new Error('ENGINE_BENCH_STAGES: a call came twice')
      transaction.respond(status, work.request)
      work.transaction = transaction
    },
  }
}

function forwardingStages(setting: Setting): Stage[] {
  return [
    {
      name: 'request kept',
      run: (work) => {
        work.retained = work.message.keep()
      },
    },
    answerStage(setting, TRYING),
    transactionStage(setting, TRYING.status),
    cookieStage(),
    writingStage(setting),
    clientStage(setting),
  ]
}

function cookieStage(): Stage {
  const cookies = createCookieSealer([Buffer.alloc(32, 7)])
  return {
    name: 'cookie sealed',
    run: ({ facts, flow }) => {
      const { address, port, transport } = flow.peer
      const dialogData = writeDialogData({ rule: RULE, callerTrusted: false, headers: undefined })
      const sealed = { from: 'backend', signedTarget: { address, port, transport }, dialogData } as const
      cookies.seal(sealed, { callId: facts.callId, callerTag: facts.fromTag ?? '' })
    },
  }
}

/** Our Via, Record-Route and Request-URI are those of a request that the product has sent: they are given, not made. */
function writingStage({ forwarded }: Setting): Stage {
  const [via = ''] = forwarded.values('Via')
  const [, viaStart = '', branchId = ''] = /^(.*;branch=)([^;]*)/.exec(via) ?? []
  const [, host = '', cookie = ''] = /<sip:([^;]*);.*=([^>]*)>/.exec(forwarded.values('Record-Route')[0] ?? '') ?? []
  const requestUri = forwarded.requestUri()
  const names = { external: () => host, internal: () => host }
  const edits = { routes: undefined, setHeaders: [], removeHeaders: [], maxBreadth: 60, stream: false }
  return {
    name: 'forwarded request written',
    run: (work) => {
      const { retained: message, facts, flow } = work
      const viaSource = viaSourceOf(facts.via, flow)
      const recordRoute = { names, incoming: flow.local, outgoing: flow.local, cookie }
      const ours = { viaStart, branchId, requestUri, recordRoute }
      work.request = writeForwardedRequest({ message, facts, viaSource, ...ours, ...edits })
    },
  }
}

function clientStage({ bench: { product }, transactions }: Setting): Stage {
  const user = {
    onResponse: () => undefined,
    onTimeout: () => undefined,
    onTransportError: () => undefined,
    onTerminated: () => undefined,
    makeAck: () => Buffer.alloc(0),
  }
  return {
    name: 'client transaction, timers',
    run: ({ flow, request }) => {
      const sink = { reliable: false, address: flow.remoteAddress, sendRequest: () => undefined }
      const transaction = new ClientTransaction<SipMessage>('invite', product.clock, sink, user)
      const isNew = transactions.addClient(transaction, `z9hG4bKsd.${nextCall++}`, 'INVITE')
      if (!isNew) throw new Error('ENGINE_BENCH_STAGES: a branch came twice')
      transaction.start(request)
      // Ended here, so that the table does not fill up: the end is in this figure.
      transaction.destroy()
      transactions.removeClient(transaction)
    },
  }
}

/** Metrics and log get the events of a real INVITE again. */
function eventsStage({ bench: { product }, events }: Setting): Stage {
  return {
    name: `events: ${events.map(({ type }) => type).join(', ')}`,
    run: () => {
      for (const event of events) product.report.emit(event)
    },
  }
}
