/** Random requests, sources and backends for tests of invariants: mostly valid, often not. */
import fc from 'fast-check'
import type { TransportName } from '../../ingress/sip/port/engine.ts'
import type { BackendScript } from './scripted-backend.ts'
import { type RequestText, requestText } from './sip-text.ts'

/** Senders: each has an address, and the line that names it as the source behind a proxy. */
export const SOURCES = {
  peer: { at: '198.51.100.7:5060', behind: [] },
  stranger: { at: '203.0.113.99:5060', behind: [] },
  backend: { at: '10.0.0.1:5080', behind: [] },
  proxyOfPeer: { at: '192.0.2.200:5060', behind: ['Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-behind'] },
  proxyOfStranger: { at: '192.0.2.200:5060', behind: ['Via: SIP/2.0/UDP 203.0.113.98;branch=z9hG4bK-behind'] },
} as const

export type SourceName = keyof typeof SOURCES

/** One packet that comes in. */
export interface RandomArrival {
  readonly after: number
  readonly source: SourceName
  readonly transport: TransportName
  readonly text: string
}

/** All members are equally likely, so a frequent method occurs several times. */
const METHODS = [...Array<string>(8).fill('INVITE'), 'CANCEL', 'ACK', 'BYE', 'OPTIONS', 'REGISTER', 'UPDATE', 'FOO']
const BRANCHES = ['a', 'b', 'c', 'd', 'e', 'f']
  .map((letter) => `;branch=z9hG4bK-${letter}`)
  .concat(';branch=z9hG4bK', ';branch=1', '')
const ROUTED = 'sip:+15551234567@192.0.2.1'
const URIS = [
  ...Array<string>(8).fill(ROUTED),
  'sip:+4930123456@192.0.2.1',
  'sip:+15551234567@203.0.113.99;maddr=203.0.113.99',
  'tel:+15551234567',
  'foo:1',
]
const EXTRAS = [
  'Route: <sip:203.0.113.99;lr>',
  'Route: <sip:192.0.2.1;lr;sdc=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA>',
  'Proxy-Require: foo',
  'Max-Breadth: 1',
  'Max-Breadth: 0',
  'Timestamp: 5',
  'Record-Route: <sip:203.0.113.99;lr>',
  `X-Padding: ${'x'.repeat(1300)}`,
]
const VIA_PARAMETERS = ['', ';rport', ';maddr=203.0.113.99', ';received=203.0.113.99']

const requestChange = fc.record({
  method: fc.constantFrom(...METHODS),
  branch: fc.constantFrom(...BRANCHES),
  viaParameters: fc.constantFrom(...VIA_PARAMETERS),
  sentBy: fc.constantFrom(undefined, undefined, 'pbx.example', '203.0.113.99:5060'),
  uri: fc.constantFrom(...URIS),
  callId: fc.constantFrom('one', 'two', 'three'),
  cseq: fc.constantFrom(1, 1, 1, 2),
  toTag: fc.constantFrom(...Array<undefined>(8).fill(undefined), 'some', 'caller'),
  maxForwards: fc.constantFrom(...Array<number>(8).fill(70), 1, 0, null),
  extra: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.subarray(EXTRAS, { maxLength: 2 }) },
  ),
})

const after = fc.constantFrom(0, 0, 10, 400, 1900, 5000, 33_000)
const source = fc.constantFrom<SourceName>(
  'peer',
  'peer',
  'peer',
  'peer',
  'stranger',
  'backend',
  'proxyOfPeer',
  'proxyOfStranger',
)

/** An earlier packet once more: repeated, cancelled or acknowledged, by its sender or by another one. */
export interface RandomEcho {
  readonly after: number
  /** The number of the earlier packet, modulo the count so far. */
  readonly of: number
  readonly method: string | undefined
  /** Undefined: the sender of the earlier packet. */
  readonly source: SourceName | undefined
}

export const randomEcho: fc.Arbitrary<RandomEcho> = fc.record({
  after,
  of: fc.nat(20),
  method: fc.constantFrom(undefined, 'CANCEL', 'CANCEL', 'ACK'),
  source: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: source }),
})

/** The packet that echoes an earlier one. */
export function echoOf(arrival: RandomArrival, echo: RandomEcho): RandomArrival {
  const { method = /^\w+/.exec(arrival.text)?.[0] ?? '' } = echo
  const text = arrival.text.replace(/^\w+/, method).replace(/^(CSeq: \d+) \w+/m, `$1 ${method}`)
  return { ...arrival, after: echo.after, source: echo.source ?? arrival.source, text }
}

/** A packet from any sender. There are few branches and Call-IDs, so that CANCELs, ACKs and repeats often match. */
export const randomArrival: fc.Arbitrary<RandomArrival> = fc
  .record({
    after,
    source,
    transport: fc.constantFrom<TransportName>('UDP', 'UDP', 'TCP'),
    change: requestChange,
  })
  .map(({ change, ...arrival }) => ({ ...arrival, text: textOf(arrival.source, arrival.transport, change) }))

type RequestChange = typeof requestChange extends fc.Arbitrary<infer T> ? T : never

function textOf(source: SourceName, transport: TransportName, change: RequestChange): string {
  const { branch, viaParameters, sentBy, toTag, extra, method, uri, callId, cseq, maxForwards } = change
  const { at, behind } = SOURCES[source]
  const to = toTag === undefined ? {} : { to: `<sip:+15551234567@192.0.2.1>;tag=${toTag}` }
  const request: RequestText = { method, uri, callId, cseq, maxForwards, ...to, extra: [...behind, ...extra] }
  return requestText({ ...request, via: `SIP/2.0/${transport} ${sentBy ?? at}${branch}${viaParameters}` })
}

const PROVISIONAL = [100, 180, 183]
const FINAL = [200, 200, 200, 302, 404, 407, 408, 486, 487, 500, 503, 503, 603]

/** The behaviour of a backend: silence, ringing only, answers at once, late, repeated or one after the other. */
export const randomScript: fc.Arbitrary<BackendScript> = fc.record({
  responses: fc.array(
    fc.record({
      after: fc.constantFrom(0, 0, 50, 1000, 2500, 12_000, 31_000),
      status: fc.oneof(fc.constantFrom(...PROVISIONAL), fc.constantFrom(...FINAL)),
    }),
    { maxLength: 4 },
  ),
  onCancel: fc.constantFrom('nothing', 'ok', 'unknown', 'terminate'),
  answersRepeats: fc.boolean(),
  refuses: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
})

interface Mutation {
  readonly at: number
  readonly length: number
  readonly insert: string
}

const MUTATION: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.constantFrom(0, 1, 1, 2, 40),
  insert: fc.constantFrom(
    '',
    '',
    ' ',
    '\r\n',
    '\n',
    '\0',
    ';',
    ',',
    '"',
    '<',
    ':',
    '0',
    '9999999999',
    '%',
    'é',
    'INVITE',
    ';tag=x',
  ),
})

/** Deletes, replaces or adds some bytes of a message. */
export const randomMutations = fc.array(MUTATION, { minLength: 1, maxLength: 3 })

export function mutated(text: string, mutations: readonly Mutation[]): string {
  let result = text
  for (const { at, length, insert } of mutations) {
    const start = Math.floor(at * result.length)
    result = result.slice(0, start) + insert + result.slice(start + length)
  }
  return result
}
