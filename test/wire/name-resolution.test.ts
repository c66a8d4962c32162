/** Names are looked up at a real DNS server, and at one that lies. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { encode } from 'dns-packet'
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import { createDnsClient } from '../../ingress/resolve/dns-client.ts'
import type { Nameserver } from '../../ingress/resolve/dns-exchange.ts'
import { locateServers } from '../../ingress/resolve/locate-servers.ts'
import type { ResolverOptions } from '../../ingress/resolve/resolv-conf.ts'
import type { NamedPlace } from '../../ingress/route-table/route-table.ts'
import { type KnotServer, startKnot } from '../support/knot-server.ts'
import { freePort } from '../support/loopback-port.ts'
import {
  type Asked,
  addressRecord,
  answerTo,
  RESPONSE_FLAGS,
  startLyingNameserver,
} from '../support/lying-nameserver.ts'
import { describeWith } from '../support/real-part.ts'

const ZONE = 'example.test'

const chain = (length: number): string[] => [
  ...Array.from({ length }, (_, i) => `chain${length}-${i} CNAME chain${length}-${i + 1}`),
  `chain${length}-${length} A 192.0.2.80`,
]

const RECORDS = [
  'full NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.full',
  'full NAPTR 5 10 "s" "SIPS+D2T" "" _sips._tcp.full',
  '_sip._tcp.full 30 SRV 1 2 5070 host',
  '_sip._udp.both SRV 20 1 5061 host',
  '_sip._udp.both SRV 10 0 5062 six',
  '_sip._udp.none SRV 0 0 0 .',
  'host A 192.0.2.10',
  'host 20 A 192.0.2.11',
  'host AAAA 2001:db8::10',
  'six AAAA 2001:db8::6',
  'text TXT "no address"',
  'alias 10 CNAME host',
  'away CNAME host.elsewhere.test.',
  'round CNAME about',
  'about CNAME round',
  'wild A 0.0.0.0',
  'wild A 255.255.255.255',
  'self A 127.0.0.1',
  ...Array.from({ length: 200 }, (_, i) => `many A 10.0.0.${i + 1}`),
  ...chain(8),
  ...chain(9),
]

const RULE = { own: [], allowed: [] }
const NO_END = new AbortController().signal

function localServer(port: number): Nameserver {
  const address = parseIpAddress('127.0.0.1')
  if (!address) throw new TypeError('127.0.0.1 is an address')
  return { address, port }
}

function optionsFor(ports: readonly number[], rest: Partial<ResolverOptions> = {}): ResolverOptions {
  return { servers: ports.map(localServer), search: [], ndots: 1, timeoutMs: 5_000, attempts: 1, ...rest }
}

async function locate(place: NamedPlace, options: ResolverOptions) {
  const ask = createDnsClient(options, NO_END)
  const location = await locateServers(place, { ask, rule: RULE, candidates: [place.host] })
  if (location.type !== 'found') return `${location.fault}: ${location.detail}`
  const lines = location.servers.map(({ target, priority, weight, port, transport = 'any', addresses }) => {
    const texts = addresses.map(({ text }) => text).toSorted()
    return `${priority} ${weight} ${target}:${port} ${transport} ${texts.join(',')}`
  })
  return { lines, ttl: location.ttlSeconds, leftOut: location.leftOut }
}

describeWith(['knot'], 'a real nameserver', () => {
  let knot: KnotServer

  beforeAll(async () => {
    knot = await startKnot({
      [ZONE]: RECORDS,
      'elsewhere.test': ['host A 192.0.2.90'],
      'moving.test': ['pbx A 192.0.2.1'],
    })
  })

  afterAll(() => knot.stop())

  const at = (host: string, rest: Partial<NamedPlace> = {}) =>
    locate({ host: `${host}.${ZONE}`, ...rest }, optionsFor([knot.port]))

  it.each<[string, string, Partial<NamedPlace>, object | string]>([
    [
      'NAPTR, SRV and addresses',
      'full',
      {},
      { lines: ['1 2 host.example.test:5070 TCP 192.0.2.10,192.0.2.11,2001:db8::10'], ttl: 20 },
    ],
    [
      'SRV and addresses',
      'both',
      {},
      {
        lines: [
          '10 0 six.example.test:5062 any 2001:db8::6',
          '20 1 host.example.test:5061 any 192.0.2.10,192.0.2.11,2001:db8::10',
        ],
        ttl: 20,
      },
    ],
    ['addresses', 'six', {}, { lines: ['0 0 six.example.test:5060 any 2001:db8::6'], ttl: 60 }],
    ['nothing but addresses where the URI has a port', 'full', { port: 1 }, 'empty: full.example.test has no address'],
    [
      'SRV of the transport that the URI names',
      'full',
      { transport: 'TCP' },
      { lines: ['1 2 host.example.test:5070 TCP 192.0.2.10,192.0.2.11,2001:db8::10'], ttl: 20 },
    ],
    [
      'an alias',
      'alias',
      { port: 5070 },
      { lines: ['0 0 alias.example.test:5070 any 192.0.2.10,192.0.2.11,2001:db8::10'], ttl: 10 },
    ],
    [
      'an alias in another zone',
      'away',
      { port: 5070 },
      { lines: ['0 0 away.example.test:5070 any 192.0.2.90'], ttl: 60 },
    ],
    [
      'eight aliases',
      'chain8-0',
      { port: 5070 },
      { lines: ['0 0 chain8-0.example.test:5070 any 192.0.2.80'], ttl: 60 },
    ],
  ])('N-01: gives %s', async (...[, host, place, expected]) => {
    const found = await at(host, place)
    expect(found).toEqual(typeof expected === 'string' ? expected : { ...expected, leftOut: 0 })
  })

  it.each([
    ['a name that does not exist', 'nothing', 'nxdomain: nothing.example.test does not exist'],
    ['a name without an address', 'text', 'empty: text.example.test has no address'],
    ['nine aliases', 'chain9-0', 'alias_chain: chain9-0.example.test has more than 8 aliases'],
    ['an alias of itself', 'round', 'alias_loop: round.example.test is an alias of itself: '],
    ['a service that is not there', 'none', 'not_available: _sip._udp.none.example.test says that there is no such'],
    [
      'addresses of nobody',
      'wild',
      'bad_address: wild.example.test has only addresses that a name must not have: 0.0.0.0',
    ],
    [
      'an address of this machine',
      'self',
      'bad_address: self.example.test has only addresses that a name must not have: 127',
    ],
  ])('tells %s', async (_, host, message) => {
    expect(await at(host)).toEqual(expect.stringContaining(message))
  })

  it('refuses a zone that it does not have, and that is told', async () => {
    expect(await locate({ host: 'other.test', port: 1 }, optionsFor([knot.port]))).toMatch(
      /^refused: 127\.0\.0\.1:\d+ answered REFUSED, asked for (A|AAAA) of other\.test$/,
    )
  })

  it('sends 200 records over TCP, of which 32 are used', async () => {
    const found = await at('many', { port: 5060 })
    expect(found).toMatchObject({ leftOut: 168, lines: [expect.stringMatching(/^0 0 many\.example\.test:5060 any/)] })
  })

  it('is asked in its turn: behind one that is not there and one that is silent', async () => {
    const closed = await freePort('127.0.0.1')
    const silent = await startLyingNameserver(() => [])
    const found = await locate(
      { host: `six.${ZONE}`, port: 5060 },
      optionsFor([closed, silent.port, knot.port], { timeoutMs: 100 }),
    )
    expect(found).toMatchObject({ lines: ['0 0 six.example.test:5060 any 2001:db8::6'] })
    expect(silent.asked).not.toEqual([])
    silent.close()
  })

  it('changes, freezes, stops and comes back: each is told', async () => {
    const place = { host: 'pbx.moving.test', port: 5060 }
    expect(await locate(place, optionsFor([knot.port]))).toMatchObject({
      lines: ['0 0 pbx.moving.test:5060 any 192.0.2.1'],
    })
    await knot.change('moving.test', ['pbx A 192.0.2.2'])
    const changed = { lines: ['0 0 pbx.moving.test:5060 any 192.0.2.2'] }
    expect(await locate(place, optionsFor([knot.port]))).toMatchObject(changed)
    knot.pause()
    expect(await locate(place, optionsFor([knot.port], { timeoutMs: 100 }))).toMatch(
      /^timeout: .* did not answer, asked for/,
    )
    knot.resume()
    await knot.halt()
    expect(await locate(place, optionsFor([knot.port]))).toMatch(/^unreachable: .* cannot be reached/)
    await knot.restart()
    expect(await locate(place, optionsFor([knot.port]))).toMatchObject(changed)
  })
})

describe('a nameserver that lies', () => {
  const place = { host: 'pbx.example', port: 5060 }
  const options = (port: number, rest: Partial<ResolverOptions> = {}) => optionsFor([port], { timeoutMs: 200, ...rest })
  const right = (asked: Asked) =>
    answerTo(asked, asked.question.type === 'A' ? [addressRecord(asked, '192.0.2.1')] : [])
  const RIGHT = ['0 0 pbx.example:5060 any 192.0.2.1']

  async function ask(lie: (asked: Asked) => readonly Buffer[], rest: Partial<ResolverOptions> = {}) {
    const server = await startLyingNameserver(lie)
    const result = await locate(place, options(server.port, rest))
    server.close()
    return { result, asked: server.asked }
  }

  it.each<[string, (asked: Asked) => Buffer]>([
    ['with another number', (asked) => answerTo({ ...asked, id: asked.id ^ 1 }, [addressRecord(asked, '192.0.2.66')])],
    ['about another name', (asked) => answerTo({ ...asked, question: { ...asked.question, name: 'x.example' } }, [])],
    ['about another type', (asked) => answerTo({ ...asked, question: { ...asked.question, type: 'TXT' } }, [])],
    ['that is a question', ({ question, id }) => encode({ type: 'query', id, questions: [question] })],
    ['that is nothing', () => Buffer.from('nothing')],
  ])('an answer %s is passed over, and the right one behind it is taken', async (_, wrong) => {
    expect((await ask((asked) => [wrong(asked), right(asked)])).result).toMatchObject({ lines: RIGHT })
    expect((await ask((asked) => [wrong(asked)])).result).toMatch(
      /^timeout: .* did not answer; 1 packets answered another/,
    )
  })

  it('sixteen wrong answers end the wait: somebody guesses', async () => {
    const { result } = await ask((asked) =>
      Array.from({ length: 16 }, () => answerTo({ ...asked, id: asked.id ^ 1 }, [])),
    )
    expect(result).toMatch(/^wrong_answers: 16 packets from .* somebody may be guessing/)
  })

  it('records of a name that was not asked for are not used', async () => {
    const foreign = (asked: Asked) => answerTo(asked, [{ type: 'A', name: 'x.example', ttl: 60, data: '192.0.2.66' }])
    expect((await ask((asked) => [foreign(asked)])).result).toMatch(/^empty: /)
  })

  it('an answer that cannot be read is told', async () => {
    expect((await ask((asked) => [right(asked).subarray(0, -2)])).result).toMatch(
      /^malformed: .* sent an answer that cannot be read, asked for/,
    )
  })

  it('an answer that says it is cut, without a server on TCP, is told', async () => {
    expect((await ask((asked) => [answerTo(asked, [], { flags: RESPONSE_FLAGS | 0x200 })])).result).toMatch(
      /^unreachable: /,
    )
  })

  it('a server that does not know EDNS is asked again without it', async () => {
    const old = (asked: Asked) => (asked.edns ? answerTo(asked, [], { flags: RESPONSE_FLAGS | 1 }) : right(asked))
    expect((await ask((asked) => [old(asked)], { attempts: 2 })).result).toMatchObject({ lines: RIGHT })
  })

  it('an alias that is no host name is not asked for', async () => {
    const odd = (asked: Asked) =>
      answerTo(asked, [{ type: 'CNAME', name: 'pbx.example', ttl: 1, data: 'a b\r\n.example' }])
    expect((await ask((asked) => [odd(asked)])).result).toBe('malformed: pbx.example leads to no host name')
  })

  it('a name that is none is not asked for', async () => {
    const server = await startLyingNameserver(() => [])
    const bad = ['a..example', `${'x'.repeat(64)}.example`, '']
    const found = await Promise.all(bad.map((host) => locate({ host, port: 5060 }, options(server.port))))
    expect(found).toEqual(bad.map((host) => `malformed: ${host} leads to no host name`))
    expect(server.asked).toEqual([])
    server.close()
  })

  it('numbers of questions are not in any order', async () => {
    const { asked } = await ask((one) => [right(one)])
    const again = await ask((one) => [right(one)])
    const ids = [...asked, ...again.asked].map(({ id }) => id)
    expect(new Set(ids).size).toBeGreaterThan(2)
    expect(ids.slice(1).every((id, i) => id === (ids[i] ?? 0) + 1)).toBe(false)
  })
})
