import { describe, expect, it } from '@jest/globals'
import type { Backend } from '../../../ingress/route-table/route-table.ts'
import type { ProbeRequest, ProbeResult } from '../../../ingress/sip/port/engine.ts'
import { answerCall } from '../../support/answered-call.ts'
import {
  B1,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { probeOf } from '../../support/engine-stage.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** What one request gets, from the caller unless said otherwise. */
async function answered(change: RequestText, from = PEER, entries?: null) {
  const harness = await startHarness(entries === undefined ? {} : { entries })
  harness.network.deliver(from, requestText({ via: `SIP/2.0/UDP ${from};branch=z9hG4bK-1`, ...change }))
  const [response = ''] = harness.sentTo(from)
  return { ...harness, response, status: statusOf(response) }
}

describe('OPTIONS outside a dialog', () => {
  it('O-01: gets 200 while calls are taken, with what a user agent must say and no body, and is not proxied (Z7)', async () => {
    const { response, network } = await answered({ method: 'OPTIONS' })
    expect(statusOf(response)).toBe(200)
    for (const name of ['Accept', 'Accept-Encoding', 'Accept-Language', 'Supported']) {
      expect([name, headerOf(response, name)]).toEqual([name, [expect.any(String)]])
    }
    expect(headerOf(response, 'Allow')).toEqual([])
    expect(response).toMatch(/\r\nContent-Length: 0\r\n\r\n$/)
    expect(network.sent).toHaveLength(1)
  })

  it('O-01: is met with silence before a table was ever loaded, when nobody is known, where an INVITE gets 503', async () => {
    const options = await answered({ method: 'OPTIONS' }, PEER, null)
    const invite = await answered({}, PEER, null)
    expect([options.network.sent, invite.network.sent.map((packet) => statusOf(packet.text))]).toEqual([[], [503]])
  })

  it('O-01: is answered even with Max-Forwards 0, which the text allows', async () => {
    expect((await answered({ method: 'OPTIONS', maxForwards: 0 })).status).toBe(200)
  })

  it('O-01: of a backend is answered, and of a stranger is not', async () => {
    expect((await answered({ method: 'OPTIONS' }, B1)).status).toBe(200)
    expect((await answered({ method: 'OPTIONS' }, STRANGER)).network.sent).toEqual([])
  })
})

describe('OPTIONS of our own', () => {
  async function probing(change: Partial<ProbeRequest> = {}) {
    const harness = await startHarness()
    const results: ProbeResult[] = []
    const cancel = harness.engine.probe(probeOf(B1, { timeoutMs: 3_000, ...change }), (result) => results.push(result))
    const answer = (status: number, from = B1) =>
      harness.network.deliver(from, responseText(harness.sentTo(B1)[0] ?? '', status))
    return { ...harness, results, cancel, answer }
  }

  it('O-04: asks the backend itself, from the socket that its calls come from', async () => {
    const { sentTo, packetsTo } = await probing()
    const [asked = ''] = sentTo(B1)
    expect(asked).toMatch(/^OPTIONS sip:10\.0\.0\.1:5080 SIP\/2\.0\r\n/)
    expect(headerOf(asked, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK/)
    expect(headerOf(asked, 'Max-Forwards')).toEqual(['0'])
    expect(headerOf(asked, 'Accept')).toEqual(['application/sdp'])
    expect(packetsTo(B1)[0]?.from).toBe('192.0.2.1:5060')
  })

  it('O-04: has Max-Forwards 70 where a user is asked for, so that a proxy passes it on', async () => {
    const [asked = ''] = (await probing({ user: 'ping' })).sentTo(B1)
    expect(asked).toMatch(/^OPTIONS sip:ping@10\.0\.0\.1:5080 SIP/)
    expect([headerOf(asked, 'Max-Forwards'), headerOf(asked, 'To')]).toEqual([['70'], ['<sip:ping@10.0.0.1:5080>']])
  })

  it('O-04: ends by the first final response, and by no provisional one', async () => {
    const { answer, results, clock } = await probing()
    answer(180)
    expect(results).toEqual([])
    answer(405)
    answer(200)
    clock.advance(60_000)
    expect(results).toEqual([{ type: 'answered', status: 405 }])
  })

  it('O-04: is repeated over UDP, and ends when its time is over; a late answer changes nothing', async () => {
    const { answer, results, clock, sentTo, engine } = await probing()
    clock.advance(3_000)
    expect([sentTo(B1).length, results]).toEqual([3, [{ type: 'timeout' }]])
    answer(200)
    clock.advance(60_000)
    expect([sentTo(B1).length, results.length, engine.openTransactions]).toEqual([3, 1, 0])
  })

  it('O-04: takes no answer from anyone but a peer', async () => {
    const { answer, results, events } = await probing()
    answer(200, STRANGER)
    expect(results).toEqual([])
    expect(events).toMatchObject([{ type: 'dropped', reason: 'response_source' }])
  })

  it('O-04: tells at once where nobody is, over either transport', async () => {
    const harness = await startHarness()
    harness.network.refuse(B1)
    const results: ProbeResult[] = []
    for (const transport of ['UDP', 'TCP'] as const) {
      const { target } = probeOf(B1, {})
      const request = { target: { ...target, transport }, user: undefined, timeoutMs: 3_000 }
      harness.engine.probe(request, (result) => results.push(result))
    }
    harness.clock.advance(1_000)
    expect(results).toEqual([{ type: 'transport' }, { type: 'transport' }])
  })

  it('O-04: is forgotten without a word when nobody wants its result any more', async () => {
    const { cancel, answer, results, clock, engine } = await probing()
    cancel()
    answer(200)
    clock.advance(60_000)
    expect([results, engine.openTransactions, engine.unfinishedTransactions]).toEqual([[], 0, 0])
  })
})

describe('other requests outside a dialog', () => {
  it.each(['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'BYE', 'INFO', 'UPDATE', 'PRACK', 'REFER', 'FOO'])(
    'O-02: %s gets 405 with what is allowed, itself not among it, though the text would forward it (Z6)',
    async (method) => {
      const { status, response, network } = await answered({ method })
      expect([status, network.sent.length]).toEqual([405, 1])
      const allowed = headerOf(response, 'Allow')[0]?.split(', ') ?? []
      expect(allowed).toEqual(expect.arrayContaining(['INVITE', 'ACK', 'CANCEL', 'OPTIONS']))
      expect(allowed).not.toContain(method)
    },
  )

  it('O-02: a preloaded Route is never followed: the rule alone says where a call goes (Z6)', async () => {
    const { sentTo } = await answered({ extra: ['Route: <sip:203.0.113.50;lr>', 'Route: <sip:192.0.2.1;lr>'] })
    expect(headerOf(sentTo(B1)[0] ?? '', 'Route')).toEqual([])
    expect(sentTo('203.0.113.50:5060')).toEqual([])
  })

  it('O-02: a foreign Request-URI is not followed either, the number in it is (Z6)', async () => {
    const { sentTo } = await answered({ uri: 'sip:+15551234567@203.0.113.50' })
    expect(sentTo(B1)[0]).toMatch(`INVITE sip:+15551234567@${B1} SIP/2.0`)
    expect(sentTo('203.0.113.50:5060')).toEqual([])
  })
})

describe('what each error says', () => {
  it.each<[number, RequestText, string]>([
    [400, { cseq: 2 ** 31 }, PEER],
    [403, {}, B1],
    [416, { uri: 'foo:1' }, PEER],
    [420, { extra: ['Proxy-Require: foo'] }, PEER],
    [440, { extra: ['Max-Breadth: 0'] }, PEER],
    [481, { method: 'BYE', to: '<sip:a@b>;tag=unknown' }, PEER],
    [481, { method: 'CANCEL' }, PEER],
    [483, { maxForwards: 0 }, PEER],
  ])('O-03: %i for %j from %s', async (expected, change, from) => {
    const { status, network, calls } = await answered(change, from)
    expect([status, network.sent.length]).toEqual([expected, 1])
    const told = calls().map((call) => call.status)
    expect(told).toEqual((change.method ?? 'INVITE') === 'INVITE' ? [expected] : [])
  })

  it('O-03: 513 for a message that is too large, on a connection that can go on no further', async () => {
    const { network, sentTo } = await startHarness()
    const text = requestText({ via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-1`, extra: [`X-Long: ${'x'.repeat(40_000)}`] })
    const flow = network.stream(PEER, [Buffer.from(text)])
    expect([sentTo(PEER).map(statusOf), flow.open]).toEqual([[513], false])
  })

  it('O-03: never 415: a body of an unknown type and encoding is forwarded', async () => {
    const extra = ['Content-Type: x-nobody/knows', 'Content-Encoding: rot13']
    const { sentTo } = await answered({ extra, body: 'abc' })
    expect(sentTo(B1)[0]).toMatch(/\r\n\r\nabc$/)
  })

  it('O-03: no rule is a 503 that a carrier fails over on, where the text has 404 or 480 (Z2)', async () => {
    expect((await answered({ uri: 'sip:+4930123456@192.0.2.1' })).response).toMatch(
      /^SIP\/2\.0 503 Service Unavailable\r\n/,
    )
  })

  it('O-03: no rule is what the trunk says instead', async () => {
    const responses = { ...trunkEntry().responses, noRule: { status: 404, reason: 'Not Found' } }
    const { network, sentTo } = await startHarness({ entries: [trunkEntry({ responses }), ruleEntry()] })
    network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1' }))
    expect(sentTo(PEER)[0]).toMatch(/^SIP\/2\.0 404 Not Found\r\n/)
  })
})

describe('where a URI with an address leads', () => {
  async function inviteTo(change: Partial<Backend>): Promise<string[]> {
    const [first] = routeAction().backends
    if (!first) throw new Error('a backend')
    const action = routeAction({ backends: [{ ...first, ...change }] })
    const { network } = await startHarness({ entries: [trunkEntry(), ruleEntry({ action })] })
    network.deliver(PEER, requestText())
    return network.sent.slice(1).map(({ transport, to }) => `${transport} ${to}`)
  }

  it('N-01: to the transport that it names, else to UDP', async () => {
    expect(await inviteTo({})).toEqual([`UDP ${B1}`])
    expect(await inviteTo({ transport: 'UDP' })).toEqual([`UDP ${B1}`])
    expect(await inviteTo({ transport: 'TCP' })).toEqual([`TCP ${B1}`])
  })

  it.each([
    ['sip:agent@10.1.1.1', 'UDP 10.1.1.1:5060'],
    ['sip:agent@10.1.1.1;transport=TCP', 'TCP 10.1.1.1:5060'],
    ['sip:agent@10.1.1.1:5070;transport=udp', 'UDP 10.1.1.1:5070'],
    ['sip:agent@pbx.example;maddr=10.1.1.2', 'UDP 10.1.1.2:5060'],
  ])('N-01: a Contact of %s is reached at %s', async (contact, place) => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 200, { extra: [`Contact: <${contact}>`] }))
    const ok = sentTo(PEER).at(-1) ?? ''
    const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
    const to = headerOf(ok, 'To')[0] ?? ''
    network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, branch: 'z9hG4bK-2', uri: contact, to, extra }))
    const sent = network.sent.at(-1)
    expect([methodOf(sent?.text ?? ''), `${sent?.transport} ${sent?.to}`]).toEqual(['BYE', place])
  })

  it('S-01: a sips call cannot go to a backend without TLS: 480 with Warning 380', async () => {
    const { response, network, calls } = await answered({ uri: 'sips:+15551234567@192.0.2.1' })
    expect([statusOf(response), network.sent.length]).toEqual([480, 1])
    expect(headerOf(response, 'Warning')[0]).toMatch(/^380 192\.0\.2\.1:5060 "/)
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 480, rule: 'default/route' }])
  })

  it('S-01: a sip call never becomes a sips call', async () => {
    const { sentTo } = await answered({})
    expect(sentTo(B1)[0]).toMatch(`INVITE sip:+15551234567@${B1} SIP/2.0\r\n`)
    expect(headerOf(sentTo(B1)[0] ?? '', 'Record-Route')[0]).toMatch(/^<sip:/)
  })

  it('A-03: credentials for realms of others pass as they are', async () => {
    const line = 'Proxy-Authorization: Digest realm="backend", username="a", nonce="b", response="c"'
    const { sentTo } = await answered({ extra: [line] })
    expect(sentTo(B1)[0]).toContain(`\r\n${line}\r\n`)
  })
})

describe('the other interactions', () => {
  /** B1 challenges the call, and the caller tries again. */
  async function challenged(): Promise<Harness> {
    const harness = await startHarness()
    const { network, sentTo } = harness
    network.deliver(PEER, requestText())
    const extra = ['Proxy-Authenticate: Digest realm="b1"']
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 407, { extra }))
    network.deliver(PEER, requestText({ method: 'ACK', to: headerOf(sentTo(PEER).at(-1) ?? '', 'To')[0] ?? '' }))
    return harness
  }

  it('interaction 9: an INVITE again with credentials, CSeq + 1 and the same Call-ID is neither loop nor merge', async () => {
    const { network, sentTo } = await challenged()
    network.deliver(
      PEER,
      requestText({ branch: 'z9hG4bK-again', cseq: 2, extra: ['Proxy-Authorization: Digest realm="b1"'] }),
    )
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 407, 100])
    const invites = sentTo(B1).filter((text) => methodOf(text) === 'INVITE')
    expect(invites.map((text) => headerOf(text, 'CSeq')[0])).toEqual(['1 INVITE', '2 INVITE'])
  })

  it('interaction 9: an ACK to an answer that left no state matches nothing and is dropped', async () => {
    const { network, sentTo, events } = await startHarness()
    const unreadable = { maxForwards: 256, branch: 'z9hG4bK-bad' }
    network.deliver(PEER, requestText(unreadable))
    const to = headerOf(sentTo(PEER)[0] ?? '', 'To')[0] ?? ''
    network.deliver(PEER, requestText({ method: 'ACK', branch: 'z9hG4bK-bad', to }))
    expect(network.sent.map((packet) => statusOf(packet.text))).toEqual([400])
    expect(events.at(-1)).toMatchObject({ type: 'dropped', reason: 'no_transaction', method: 'ACK' })
  })

  it('interaction 11: without rport a response goes to the port of sent-by, though a NAT has changed the source port', async () => {
    const { network } = await startHarness()
    network.deliver(
      '198.51.100.7:61000',
      requestText({ uri: 'sip:+4930123456@192.0.2.1', via: `SIP/2.0/UDP 10.0.0.77:5062;branch=z9hG4bK-1` }),
    )
    expect(network.sent.map((packet) => packet.to)).toEqual(['198.51.100.7:5062'])
  })

  it('interaction 12: the Via names the pod and not the shared address, and a response at another pod is dropped', async () => {
    const shared = { host: '192.0.2.200', port: 5060 }
    const pod = await startHarness({ engine: { external: shared, internal: shared } })
    const other = await startHarness({ engine: { external: shared, internal: shared } })
    pod.network.deliver(PEER, requestText())
    const [invite = ''] = pod.sentTo(B1)
    expect(headerOf(invite, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;/)
    expect(headerOf(invite, 'Record-Route')[0]).toMatch(/^<sip:192\.0\.2\.200:5060;lr/)
    other.network.deliver(B1, responseText(invite, 200))
    expect(other.network.sent).toEqual([])
    expect(other.events).toMatchObject([{ type: 'dropped', reason: 'no_transaction', method: 'response' }])
  })

  it('interaction 12: requests inside the dialog may take any pod', async () => {
    const shared = { host: '192.0.2.200', port: 5060 }
    const { inDialog } = answerCall(await startHarness({ engine: { external: shared, internal: shared } }))
    const other = await startHarness({ engine: { external: shared, internal: shared } })
    other.network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, ...inDialog, branch: 'z9hG4bK-2' }))
    expect(other.sentTo(B1).map(methodOf)).toEqual(['BYE'])
  })
})
