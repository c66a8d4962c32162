import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { HeaderPredicate } from '../../../ingress/route-table/route-table.ts'
import { answerCall, backendSide } from '../../support/answered-call.ts'
import { B1, B2, PEER, ruleEntry, STRANGER, startHarness, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const VIA = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-1`
const PROXY = '10.8.8.8:5060'
const CARRIER = '198.51.100.7'
const BEHIND_PROXY = trunkEntry({ trustedProxies: ['10.8.8.8'] })

/** What B1 gets, and what the sender gets, of one request. */
async function outcomeOf(change: RequestText, headers: readonly HeaderPredicate[] = []) {
  const { network, sentTo, events } = await startHarness({ entries: [trunkEntry(), ruleEntry({ headers })] })
  network.deliver(PEER, requestText(change))
  return { atBackend: sentTo(B1).length, refusals: sentTo(PEER).map((text) => text.split('\r\n', 1)[0]), events }
}

const REFUSED: readonly (readonly [string, string, RequestText])[] = [
  ['received in the top Via', 'Via', { via: `${VIA};received=${CARRIER};received=203.0.113.9` }],
  ['rport in the top Via', 'Via', { via: `${VIA};rport;RPORT=9` }],
  ['branch in the top Via', 'Via', { via: `${VIA};branch=z9hG4bK-2` }],
  ['an unknown parameter in the top Via', 'Via', { via: `${VIA};alias;x=1;alias` }],
  ['received in a Via below', 'Via', { extra: ['Via: SIP/2.0/UDP h;received=1.1.1.1;Received=2.2.2.2'] }],
  [
    'received in a Via below on the same line',
    'Via',
    { via: `${VIA}, SIP/2.0/UDP h;branch=b;received=1.1.1.1 ; received = 1.1.1.2` },
  ],
  ['received in a compact Via', 'Via', { extra: ['v: SIP/2.0/UDP h;received=1.1.1.1;rece%69ved=2.2.2.2'] }],
  ['the tag of From', 'From', { from: '<sip:a@h>;tag=1;tag=2' }],
  ['the tag of From, without brackets', 'From', { from: 'sip:a@h;tag=1;TAG=2' }],
  ['a parameter of the URI in From', 'From', { from: '<sip:a@h;user=phone;user=ip>;tag=1' }],
  ['a parameter of To', 'To', { to: '<sip:b@h>;x=1;x=2' }],
  [
    'the transport of the Request-URI',
    'Request-URI',
    { uri: 'sip:+15551234567@192.0.2.1;transport=udp;transport=tcp' },
  ],
  ['maddr of the Request-URI', 'Request-URI', { uri: 'sip:+15551234567@192.0.2.1;maddr=10.0.0.1;%6Daddr=10.0.0.2' }],
  ['user of the Request-URI', 'Request-URI', { uri: 'sip:+15551234567@192.0.2.1;user=phone;user=phone' }],
  ['the transport of Contact', 'Contact', { contact: `<sip:a@${PEER};transport=udp;transport=tcp>` }],
  ['a parameter of Contact', 'Contact', { contact: `<sip:a@${PEER}>;q=1;q=0.5` }],
  ['lr of a Route', 'Route', { extra: ['Route: <sip:192.0.2.1;lr;lr=on>'] }],
  ['maddr of a second Route', 'Route', { extra: ['Route: <sip:192.0.2.1;lr>, <sip:192.0.2.9;lr;maddr=a;maddr=b>'] }],
  ['ttl of a Record-Route', 'Record-Route', { extra: ['Record-Route: <sip:10.1.1.1;lr;ttl=1;ttl=2>'] }],
]

describe('a parameter that stands twice', () => {
  it.each(REFUSED)('P-11: %s is a 400 to a known peer, and goes nowhere', async (_what, header, change) => {
    const { atBackend, refusals, events } = await outcomeOf(change)
    expect([atBackend, refusals]).toEqual([0, [`SIP/2.0 400 Repeated Parameter In ${header}`]])
    expect(events).toMatchObject([{ type: 'call', outcome: 'malformed', status: 400, reason: 'repeated-parameter' }])
  })

  it.each(REFUSED)('P-11: %s gets a stranger nothing', async (_what, _header, change) => {
    const { network, events } = await startHarness()
    network.deliver(STRANGER, requestText(change))
    expect(network.sent).toEqual([])
    expect(events).toMatchObject([{ type: 'dropped', reason: 'stranger' }])
  })

  it('P-11: so many parameters that nobody compares them are a 400 as well', async () => {
    const via = `${VIA}${Array.from({ length: 70 }, (_, i) => `;p${i}`).join('')}`
    expect((await outcomeOf({ via })).refusals).toEqual(['SIP/2.0 400 Too Many Parameters In Via'])
  })

  it.each([
    ['the first', `received=${CARRIER};received=203.0.113.9`],
    ['the last', `received=203.0.113.9;received=${CARRIER}`],
    ['both', `received=${CARRIER};received=${CARRIER}`],
    ['one in capitals', `RECEIVED=203.0.113.9;received=${CARRIER}`],
    ['one with spaces', `received=203.0.113.9 ; received = ${CARRIER}`],
    ['one escaped', `rece%69ved=203.0.113.9;received=${CARRIER}`],
  ])('P-11: behind a trusted proxy it names nobody, if %s is the carrier: 400', async (_which, parameters) => {
    const { network, sentTo } = await startHarness({ entries: [BEHIND_PROXY, ruleEntry()] })
    const via = `SIP/2.0/UDP ${PROXY};branch=z9hG4bK-p`
    network.deliver(PROXY, requestText({ via, extra: [`Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-a;${parameters}`] }))
    expect([sentTo(B1).length, sentTo(PROXY).map(statusOf)]).toEqual([0, [400]])
  })

  it('P-11: the same parameter once in each of two Vias is no repetition', async () => {
    const { network, sentTo } = await startHarness({ entries: [BEHIND_PROXY, ruleEntry()] })
    const via = `SIP/2.0/UDP ${PROXY};branch=z9hG4bK-p;rport`
    network.deliver(
      PROXY,
      requestText({ via, extra: [`Via: SIP/2.0/UDP h;branch=z9hG4bK-a;received=${CARRIER};rport=1`] }),
    )
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE'])
  })

  it.each([
    ['the cookie', (route: string) => route.replace(/;(sdc=[^>;]+)/, ';$1;$1')],
    ['the cookie in capitals', (route: string) => route.replace(/;sdc=([^>;]+)/, ';sdc=$1;SDC=$1')],
    ['the cookie, escaped', (route: string) => route.replace(/;sdc=([^>;]+)/, ';%73dc=$1;sdc=$1')],
    ['lr', (route: string) => route.replace(';lr', ';lr;lr')],
  ])('P-11: %s in the Route of a BYE is a 400, and an ACK is dropped', async (_what, write) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const extra = (inDialog.extra ?? []).map(write)
    const before = harness.network.sent.length
    harness.network.deliver(PEER, requestText({ ...inDialog, method: 'ACK', branch: 'z9hG4bK-2', extra }))
    expect(harness.network.sent.length).toBe(before)
    harness.network.deliver(PEER, requestText({ ...inDialog, method: 'BYE', cseq: 2, branch: 'z9hG4bK-3', extra }))
    expect(harness.network.sent.slice(before).map(({ to, text }) => [to, statusOf(text)])).toEqual([[PEER, 400]])
  })

  it('P-11: a CANCEL that says something twice cancels nothing', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ via: VIA }))
    network.deliver(PEER, requestText({ via: `${VIA};branch=z9hG4bK-2`, method: 'CANCEL' }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 400])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE'])
  })
})

describe('a response that says something twice', () => {
  const twice = (header: string) => (text: string) => text.replace(new RegExp(`^(${header}: .*)$`, 'm'), '$1\r\n$1')

  it.each([
    ['the branch of our Via', (text: string) => text.replace(/^(Via: .*branch=[^;\r]+)/m, '$1;branch=z9hG4bK-other')],
    ['the tag of To', (text: string) => text.replace(/^(To: .*;tag=[^;\r]+)/m, '$1;tag=other')],
    ['the tag of From', (text: string) => text.replace(/^(From: .*;tag=[^;\r]+)/m, '$1;tag=other')],
    ['From', twice('From')],
    ['To', twice('To')],
    ['To, once in its compact form', (text: string) => text.replace(/^To: (.*)$/m, 'To: $1\r\nt: $1')],
    ['Call-ID', twice('Call-ID')],
    ['CSeq', twice('CSeq')],
    ['Content-Length', twice('Content-Length')],
  ])('P-11: %s is dropped: its backend has not answered', async (_what, change) => {
    const { network, sentTo, clock, events } = await startHarness()
    network.deliver(PEER, requestText())
    const invite = sentTo(B1)[0] ?? ''
    network.deliver(B1, change(responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] })))
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
    expect(events.at(-1)).toMatchObject({ type: 'dropped', reason: 'malformed', method: 'response' })
    clock.advance(2000)
    expect(sentTo(B2).map(methodOf)).toEqual(['INVITE'])
  })

  const AMBIGUOUS: readonly (readonly [string, readonly string[]])[] = [
    ['the transport of its Contact', ['Contact: <sip:agent@10.7.7.7:5099;transport=udp;transport=tcp>']],
    ['maddr of its Contact', ['m: <sip:agent@10.7.7.7:5099;maddr=10.6.6.6;maddr=10.5.5.5>']],
    ['lr of a Record-Route', ['Record-Route: <sip:10.7.7.7;lr;lr>', `Contact: <sip:agent@${B1}>`]],
  ]

  it.each(AMBIGUOUS)(
    'P-11: %s makes no dialog: what it names could not be asked for anything',
    async (_what, extra) => {
      const { network, sentTo, clock } = await startHarness()
      network.deliver(PEER, requestText())
      network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 200, { extra }))
      clock.advance(2000)
      expect([sentTo(PEER).map(statusOf), sentTo(B2).map(methodOf)]).toEqual([[100], ['INVITE']])
    },
  )

  it.each(AMBIGUOUS)("P-11: %s in a refusal is nobody's target, and the refusal passes", async (_what, extra) => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 486, { extra }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 486])
  })

  it('P-12: two Retry-After say nothing: the backend is asked again at once', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    const extra = ['Retry-After: 60', 'Retry-After: 1']
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 503, { extra }))
    network.deliver(PEER, requestText({ branch: 'z9hG4bK-2', callId: 'call-2' }))
    expect(sentTo(B1).filter((text) => headerOf(text, 'Call-ID')[0] === 'call-2')).toHaveLength(1)
  })
})

/** Header lines that say it again, in the long form and the compact one. */
const REPEATED: readonly (readonly [string, readonly string[]])[] = [
  ['From', ['From: <sip:b@h>;tag=2']],
  ['From', ['f: <sip:+15559876543@198.51.100.7>;tag=caller']],
  ['To', ['To: <sip:b@h>']],
  ['To', ['T : <sip:b@h>']],
  ['Call-ID', ['i: other']],
  ['CSeq', ['CSEQ: 1 INVITE']],
  ['Max-Forwards', ['max-forwards: 70']],
  ['Max-Breadth', ['Max-Breadth: 1', 'Max-Breadth: 60']],
  ['Content-Length', ['l: 0']],
  ['Content-Type', ['Content-Type: application/sdp', 'c: text/plain']],
]

describe('a header that may stand once', () => {
  it.each(REPEATED)('P-12: %s twice is a 400, long or compact (%j)', async (_name, extra) => {
    const { atBackend, refusals } = await outcomeOf({ extra })
    expect([atBackend, refusals]).toEqual([0, ['SIP/2.0 400 Repeated Header']])
  })

  it.each([
    ['two lines', ['Contact: <sip:b@203.0.113.9>']],
    ['one line', ['m: <sip:b@203.0.113.9>, <sip:c@203.0.113.9>']],
  ])('P-12: an INVITE with several Contacts on %s passes, and a stranger reaches none of them', async (_how, extra) => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    network.deliver(PEER, requestText({ contact: '<sip:a@203.0.113.8>', extra }))
    const invite = sentTo(B1)[0] ?? ''
    network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    const ok = sentTo(PEER).find((text) => statusOf(text) === 200) ?? ''
    for (const uri of ['sip:a@203.0.113.8', 'sip:b@203.0.113.9']) {
      const side = {
        ...backendSide({ invite, ok }),
        method: 'INFO',
        uri,
        via: `SIP/2.0/UDP ${STRANGER};branch=z9hG4bK-${uri}`,
      }
      network.deliver(STRANGER, requestText(side))
    }
    expect(sentTo(PEER).map(methodOf).slice(-2)).toEqual(['INFO', 'INFO'])
    expect(network.sent.filter(({ to }) => to.startsWith('203.0.113.'))).toEqual([])
  })

  it.each([
    ['Subject', 'subject', ['Subject: red', 's: blue']],
    ['Referred-By', 'b', ['Referred-By: <sip:red@h>', 'b: <sip:blue@h>']],
    ['Priority', 'priority', ['Priority: normal', 'priority: emergency']],
    ['User-Agent', 'user-agent', ['User-Agent: one', 'User-Agent: two']],
  ])('P-12: %s twice is a 400 where a rule reads it, and passes where none does', async (_which, name, extra) => {
    const read = await outcomeOf({ extra }, [{ type: 'present', name, present: true }])
    expect([read.atBackend, read.refusals]).toEqual([0, ['SIP/2.0 400 Repeated Header']])
    expect((await outcomeOf({ extra })).atBackend).toBe(1)
  })

  it('P-12: of a header that may stand several times every value counts, also where a rule reads it', async () => {
    const extra = ['X-Tenant: red', 'X-Tenant: blue', 'Identity: a;info=<sip:h>', 'Identity: b;info=<sip:h>']
    const blue = await outcomeOf({ extra }, [{ type: 'exact', name: 'x-tenant', value: 'blue' }])
    const signed = await outcomeOf({ extra }, [{ type: 'prefix', name: 'identity', value: 'b' }])
    expect([blue.atBackend, signed.atBackend]).toEqual([1, 1])
  })

  it('P-12: inside a dialog no rule reads a header, and none is refused for it', async () => {
    const subject = { type: 'present', name: 'subject', present: true } as const
    const harness = await startHarness({
      entries: [trunkEntry(), ruleEntry({ headers: [{ ...subject, present: false }] })],
    })
    const side = backendSide(answerCall(harness))
    const extra = [...(side.extra ?? []), 'Subject: a', 'Subject: b']
    harness.network.deliver(B1, requestText({ ...side, method: 'INVITE', cseq: 9, extra }))
    expect(harness.sentTo(PEER).map(methodOf).at(-1)).toBe('INVITE')
  })
})

describe('two lengths on a stream', () => {
  const lengthName = fc.constantFrom(
    'Content-Length',
    'l',
    'CONTENT-LENGTH',
    'L',
    'content-length ',
    'Content-Length\t',
  )

  /** An OPTIONS whose body is another request: whoever takes the wrong length takes that one for a message. */
  function smuggling(lines: readonly string[], inner: string): Buffer {
    const outer = requestText({ method: 'OPTIONS', via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-outer`, extra: lines })
    return Buffer.from(outer.replace(/Content-Length: 0\r\n/, '') + inner, 'latin1')
  }

  it('P-12: never make a message of what stands in a body', async () => {
    const inner = requestText({ via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-inner`, callId: 'smuggled' })
    const length = fc.constantFrom(
      '0',
      '00',
      String(inner.length),
      String(inner.length - 1),
      '-0',
      '+0',
      '0, 0',
      '0x0',
      '',
    )
    const line = fc.tuple(lengthName, length).map(([name, value]) => `${name}:${value}`)
    await fc.assert(
      fc.asyncProperty(line, line, fc.nat(), async (first, second, at) => {
        const values = [first, second].map((text) => text.slice(text.indexOf(':') + 1))
        fc.pre(Number(values[0]) !== Number(values[1]) || values.some((value) => !/^\d+$/.test(value)))
        const { network, sentTo } = await startHarness()
        const bytes = smuggling([first, second], inner)
        const cut = at % bytes.length
        const flow = network.stream(PEER, [bytes.subarray(0, cut), bytes.subarray(cut)])
        expect([flow.open, sentTo(B1)]).toEqual([false, []])
        expect(sentTo(PEER).map(statusOf)).toEqual([400])
      }),
    )
  })

  it('P-12: where they agree the message is refused, and the next one is read', async () => {
    const { network, sentTo } = await startHarness()
    const first = smuggling(['Content-Length: 0', 'l: 0'], '')
    const second = Buffer.from(
      requestText({ method: 'OPTIONS', via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-2` }),
      'latin1',
    )
    expect(network.stream(PEER, [Buffer.concat([first, second])]).open).toBe(true)
    expect(sentTo(PEER).map(statusOf)).toEqual([400, 200])
  })
})
