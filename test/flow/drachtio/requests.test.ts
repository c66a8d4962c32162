import { afterEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import {
  type DrachtioHarness,
  type DrachtioHarnessOptions,
  startDrachtioHarness,
} from '../../support/drachtio-harness.ts'
import type { Source } from '../../support/drachtio-server.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, type RequestText, requestText } from '../../support/sip-text.ts'

const STRANGER: Source = { address: '203.0.113.99' }

let harness: DrachtioHarness

async function start(options: DrachtioHarnessOptions = {}): Promise<DrachtioHarness> {
  harness = await startDrachtioHarness(options)
  return harness
}

/** The answer to one request, and what was told of it. */
async function answered(request: string, source: Source = {}, options: DrachtioHarnessOptions = {}) {
  const { server, events } = await start(options)
  const caller = server.receive(request, source)
  await until(() => caller.statuses().some((status) => status >= 200))
  return { caller, events, statuses: caller.statuses(), answer: caller.responses.at(-1) ?? '' }
}

/** What was told of a request that must get no answer, once an answer to a later one has come. */
async function unanswered(request: string, source: Source = {}) {
  const { server, events } = await start()
  const caller = server.receive(request, source)
  const later = server.receive(requestText({ method: 'OPTIONS' }))
  await until(() => later.responses.length > 0)
  expect(caller.responses).toEqual([])
  return events
}

const without = (name: string, change: RequestText = {}): string =>
  requestText(change).replace(new RegExp(`^${name}: .*\r\n`, 'm'), '')

afterEach(() => harness.close())

describe('a request of a stranger', () => {
  it('as INVITE gets 503 without a word of why, because the server has sent 100', async () => {
    const { statuses, answer, events } = await answered(requestText(), STRANGER)
    expect([statuses, headerOf(answer, 'Warning')]).toEqual([[100, 503], []])
    expect(events).toMatchObject([
      { type: 'call', outcome: 'auth_drop', status: 503, source: { address: { text: '203.0.113.99' } } },
      { type: 'dropped', reason: 'stranger', method: 'INVITE' },
    ])
  })

  it('whose source is that of the node is counted as one whose source was rewritten', async () => {
    const { events } = await answered(requestText(), STRANGER, { ownAddress: ['203.0.113.99'] })
    expect(events.filter(({ type }) => type === 'dropped')).toMatchObject([{ reason: 'source_rewritten' }])
  })

  it.each(['OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE'])(
    'as %s gets nothing, as the server has sent nothing',
    async (method) => {
      const events = await unanswered(requestText({ method }), STRANGER)
      expect(events).toMatchObject([{ type: 'dropped', reason: 'stranger', method }])
    },
  )

  it('as a request that claims a dialog gets nothing', async () => {
    const events = await unanswered(requestText({ method: 'INFO', to: '<sip:x@192.0.2.1>;tag=none' }), STRANGER)
    expect(events).toMatchObject([{ type: 'dropped', reason: 'stranger', method: 'INFO' }])
  })
})

describe('a request of a known peer', () => {
  it('as OPTIONS gets 200', async () => {
    const { statuses } = await answered(requestText({ method: 'OPTIONS' }))
    expect(statuses).toEqual([200])
  })

  it.each(['REGISTER', 'MESSAGE', 'PUBLISH', 'INFO', 'NOTIFY'])(
    'as %s outside a dialog gets 405 with what is allowed, itself not among it',
    async (method) => {
      const { statuses, answer } = await answered(requestText({ method }))
      expect([statuses, headerOf(answer, 'Allow')[0]]).toEqual([[405], expect.stringContaining('INVITE')])
      expect(headerOf(answer, 'Allow')[0]?.split(', ')).not.toContain(method)
    },
  )

  it.each(['INFO', 'INVITE'])('that claims a dialog which is none of ours gets 481 as %s', async (method) => {
    const { statuses } = await answered(requestText({ method, to: '<sip:x@192.0.2.1>;tag=none' }))
    expect(statuses.at(-1)).toBe(481)
  })

  it.each([
    ['without hops left', { maxForwards: 0 }, 483],
    ['with a Proxy-Require', { extra: ['Proxy-Require: magic'] }, 420],
    [
      'that demands reliable provisional responses, which a call of two legs cannot pass on',
      { extra: ['Require: 100rel'] },
      420,
    ],
  ])('%s is refused', async (_name, change, status) => {
    const { statuses, events } = await answered(requestText(change))
    expect(statuses).toEqual([100, status])
    expect(events).toMatchObject([{ type: 'call', outcome: 'malformed', status, trunk: 'default/carrier' }])
  })

  it('while draining gets 503', async () => {
    const { server, drain, receives, calls } = await start()
    drain()
    const caller = server.receive(requestText())
    await receives(caller, [100, 503])
    expect(calls()).toMatchObject([{ outcome: 'draining', status: 503 }])
  })

  it('without a table ever loaded gets 503', async () => {
    const { statuses, events } = await answered(requestText(), {}, { entries: null })
    expect(statuses).toEqual([100, 503])
    expect(events).toMatchObject([{ type: 'call', outcome: 'rules_unavailable' }])
  })

  it('gets whatever status its rule rejects with, also one that the library has no name for', async () => {
    const action = { type: 'Reject', status: 499, reason: 'Nobody Here' } as const
    const { answer } = await answered(requestText(), {}, { entries: [trunkEntry(), ruleEntry({ action })] })
    expect(answer).toMatch(/^SIP\/2\.0 499 Nobody Here\r\n/)
  })

  it('is redirected with every Contact on a line of its own', async () => {
    const contacts = [{ uri: 'sip:a@198.51.100.9', q: 0.9 }, { uri: 'sip:b@198.51.100.9' }]
    const entries = [trunkEntry(), ruleEntry({ action: { type: 'Redirect', contacts } })]
    const { answer } = await answered(requestText(), {}, { entries })
    expect(headerOf(answer, 'Contact')).toEqual(['<sip:a@198.51.100.9>;q=0.9', '<sip:b@198.51.100.9>'])
  })
})

describe('the source of a packet', () => {
  it.each<[string, Source]>([
    ['over TCP', { protocol: 'tcp' }],
    ['over TLS, which has ended at the server', { protocol: 'tls' }],
    ['with a port as text', { port: '5062' }],
    ['as an IPv4 address in IPv6 form', { address: '::ffff:198.51.100.7' }],
  ])('is a peer %s', async (_name, source) => {
    const { statuses } = await answered(requestText({ method: 'OPTIONS' }), source)
    expect(statuses).toEqual([200])
  })

  it('is a peer with an IPv6 address', async () => {
    const entries = [trunkEntry({ sources: ['2001:db8::/32'] })]
    const { answer } = await answered(requestText(), { address: '2001:db8::7' }, { entries })
    expect(headerOf(answer, 'Warning')[0]).toContain('no_rule')
  })

  it.each<[string, Source]>([
    ['address', { address: 'carrier.example' }],
    ['address that is not there', { address: '' }],
    ['port', { port: 'sixty' }],
    ['protocol', { protocol: 'sctp' }],
  ])('that has no readable %s is a stranger, even where everyone is admitted', async (_name, source) => {
    const entries = [trunkEntry({ sources: ['0.0.0.0/0', '::/0'] }), ruleEntry()]
    const { statuses, answer, events } = await answered(requestText(), source, { entries })
    expect([statuses, headerOf(answer, 'Warning')]).toEqual([[100, 503], []])
    expect(events).toMatchObject([
      { type: 'call', outcome: 'auth_drop', status: 503, trunk: '', reason: 'unknown-source' },
      { type: 'dropped', reason: 'stranger', method: 'INVITE' },
    ])
  })
})

describe('a message that cannot be used', () => {
  it.each(['Via', 'Call-ID', 'From', 'CSeq'])('because it has no %s gets 400 from a known peer', async (name) => {
    const { statuses, events } = await answered(without(name))
    expect(statuses).toEqual([100, 400])
    expect(events).toMatchObject([{ type: 'call', outcome: 'malformed', status: 400, reason: 'missing-header' }])
  })

  it('gets 503 where a stranger sends it, as any other INVITE', async () => {
    const { statuses, answer } = await answered(without('Call-ID'), STRANGER)
    expect([statuses, headerOf(answer, 'Warning')]).toEqual([[100, 503], []])
  })

  it('gets nothing where a stranger sends it and it is no INVITE', async () => {
    const events = await unanswered(without('Via', { method: 'OPTIONS' }), STRANGER)
    expect(events).toMatchObject([{ type: 'dropped', method: 'OPTIONS' }])
  })

  it('is a response for a transaction that nobody knows, and changes nothing', async () => {
    const { server, receives, faults } = await start({ entries: [trunkEntry()] })
    server.send('id|sip|network|10|udp|10.0.0.1|5080|12:00:00.1|nobody||\r\nSIP/2.0 200 OK\r\nCall-ID: x\r\n\r\n')
    server.send('id|response|nobody|OK|done')
    const caller = server.receive(requestText())
    await receives(caller, [100, 503])
    expect([faults(), server.accepted()]).toEqual([[], 1])
  })
})

describe('a Via that says something twice', () => {
  const PROXY: Source = { address: '10.8.8.8' }
  const entries = [trunkEntry({ trustedProxies: ['10.8.8.8'] }), ruleEntry()]
  const behind = (below: string) => requestText({ extra: [`Via: ${below}`] })

  it.each([
    ['the first is the carrier', 'SIP/2.0/UDP h;received=198.51.100.7;received=203.0.113.9'],
    ['the last is the carrier', 'SIP/2.0/UDP h;received=203.0.113.9 ; RECEIVED = 198.51.100.7'],
  ])('names nobody behind a trusted proxy, and is a 400: %s', async (_which, below) => {
    const { statuses, events } = await answered(behind(below), PROXY, { entries })
    expect(statuses).toEqual([100, 400])
    const judged = { type: 'ambiguous' }
    expect(events).toMatchObject([
      { type: 'call', outcome: 'malformed', source: { address: { text: '10.8.8.8' }, judged } },
    ])
  })

  it('is never judged for a stranger, whose INVITE gets its 503 and no word of why', async () => {
    const { statuses, answer } = await answered(behind('SIP/2.0/UDP h;received=1.1.1.1;received=2.2.2.2'), STRANGER)
    expect([statuses, headerOf(answer, 'Warning')]).toEqual([[100, 503], []])
  })
})

describe('a call behind a trusted proxy', () => {
  it.each([
    ['its carrier', '198.51.100.7', 503],
    ['a stranger', '203.0.113.9', 403],
  ])('is told with %s beside the proxy', async (_whom, address, status) => {
    const entries = [trunkEntry({ trustedProxies: ['10.8.8.8'] }), ruleEntry()]
    const request = requestText({ uri: 'sip:+4930123456@192.0.2.1', extra: [`Via: SIP/2.0/UDP h;received=${address}`] })
    const { events } = await answered(request, { address: '10.8.8.8' }, { entries })
    const judged = { type: 'address', address: { text: address } }
    expect(events).toMatchObject([{ type: 'call', status, source: { address: { text: '10.8.8.8' }, judged } }])
  })
})

describe('an identity that a trusted trunk asserts twice', () => {
  it('is a 400: nobody can say who calls', async () => {
    const trunk = trunkEntry({ numbers: { calledFrom: 'RequestURI', callingFrom: 'PAI' } })
    const extra = ['P-Asserted-Identity: <sip:+15550001111@h>', 'P-Asserted-Identity: <sip:+15550002222@h>']
    const { statuses } = await answered(requestText({ extra }), {}, { entries: [trunk, ruleEntry()] })
    expect(statuses).toEqual([100, 400])
  })
})
