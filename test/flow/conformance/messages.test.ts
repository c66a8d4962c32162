import { describe, expect, it } from '@jest/globals'
import type { HeaderPredicate } from '../../../ingress/route-table/route-table.ts'
import { answerCall } from '../../support/answered-call.ts'
import { B1, PEER, ruleEntry, startHarness, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const INVITE = requestText()

/** What B1 and the caller get of one message: datagram or connection. */
async function outcomeOf(message: string, headers: readonly HeaderPredicate[] = []) {
  const { network, sentTo } = await startHarness({ entries: [trunkEntry(), ruleEntry({ headers })] })
  network.deliver(PEER, message)
  return { atBackend: sentTo(B1), atCaller: sentTo(PEER) }
}

function lines(message: string): string[] {
  return message.split('\r\n')
}

describe('the ways to write a header', () => {
  it.each([
    ['upper case', INVITE.replace(/^[A-Z][A-Za-z-]+(?=:)/gm, (name) => name.toUpperCase())],
    ['lower case', INVITE.replace(/^[A-Z][A-Za-z-]+(?=:)/gm, (name) => name.toLowerCase())],
    [
      'compact names',
      INVITE.replace('Via:', 'v:')
        .replace('From:', 'f:')
        .replace('To:', 't:')
        .replace('Call-ID:', 'i:')
        .replace('Contact:', 'm:')
        .replace('Content-Length:', 'l:'),
    ],
    ['space around the colon', INVITE.replace(/^([A-Z][A-Za-z-]+): /gm, '$1 \t:\t  ')],
    ['folded lines', INVITE.replace(/^(Via|From|To|CSeq|Call-ID): /gm, '$1:\r\n \t ')],
    ['a comma list', INVITE.replace(/^(Via: .*)$/m, '$1 , SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK-0')],
  ])('P-01: %s lead to the same decision', async (_way, message) => {
    const { atBackend, atCaller } = await outcomeOf(message)
    expect(atBackend.map((text) => lines(text)[0])).toEqual([`INVITE sip:+15551234567@${B1} SIP/2.0`])
    expect(atCaller.map(statusOf)).toEqual([100])
  })

  it.each([
    ['s: blue', 'subject', 'blue'],
    ['c: text/plain', 'content-type', 'text/plain'],
    ['e: gzip', 'content-encoding', 'gzip'],
    ['k: timer', 'supported', 'timer'],
  ])('P-01: a rule reads the compact form in %s', async (line, name, value) => {
    const { atBackend } = await outcomeOf(requestText({ extra: [line] }), [{ type: 'exact', name, value }])
    expect(atBackend).toHaveLength(1)
    expect(atBackend[0]).toContain(`\r\n${line}\r\n`)
  })

  it.each([
    ['one line', ['Supported: timer, path']],
    ['two lines', ['Supported: timer', 'Supported: path']],
  ])('P-02: two values on %s are the same two values', async (_way, extra) => {
    const { atBackend } = await outcomeOf(requestText({ extra }), [{ type: 'exact', name: 'supported', value: 'path' }])
    expect(atBackend).toHaveLength(1)
  })

  it.each([
    ['one line', (routes: readonly string[]) => [`Route: ${routes.join(', ')}`]],
    ['two lines', (routes: readonly string[]) => routes.map((route) => `Route: ${route}`)],
  ])('P-02: two Routes on %s keep their order, and only ours is taken off', async (_way, write) => {
    const harness = await startHarness()
    const { ok, inDialog } = answerCall(harness)
    const [own = ''] = headerOf(ok, 'Record-Route')
    const next = [`<sip:${B1};lr>`, '<sip:10.0.0.8;lr>']
    const bye = requestText({ method: 'BYE', cseq: 2, ...inDialog, branch: 'z9hG4bK-2', extra: write([own, ...next]) })
    harness.network.deliver(PEER, bye)
    const routes = headerOf(harness.sentTo(B1).at(-1) ?? '', 'Route').join(', ')
    expect(routes).toBe(next.join(', '))
  })

  it('P-02: credentials with commas are one value', async () => {
    const value = 'Digest username="a", realm="b", nonce="c", response="d"'
    const extra = [`Proxy-Authorization: ${value}`]
    const { atBackend } = await outcomeOf(requestText({ extra }), [
      { type: 'exact', name: 'proxy-authorization', value },
    ])
    expect(atBackend).toHaveLength(1)
  })
})

describe('what is not ours to understand', () => {
  it('P-03: reaches the backend byte for byte and in order', async () => {
    const invite = requestText({
      extra: [
        'Date: Frogday, 99 Nix',
        'X-Odd:  two  spaces\t',
        'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK-0;x="y;z,"',
        'X-Odd: again',
        'Session-Expires: 1800;refresher=uac;what',
      ],
      body: 'v=0\r\n',
    })
    const { atBackend } = await outcomeOf(invite)
    const [start, via, recordRoute, breadth, ...rest] = lines(atBackend[0] ?? '')
    expect(start).toBe(`INVITE sip:+15551234567@${B1} SIP/2.0`)
    expect(via).toMatch(/^Via: SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bKsd\.[\w.]+;rport$/)
    expect(recordRoute).toMatch(/^Record-Route: <sip:192\.0\.2\.1:5060;lr;sdc=[\w-]+>$/)
    expect(breadth).toMatch(/^Max-Breadth: \d+$/)
    expect(rest).toEqual(lines(invite.replace('Max-Forwards: 70', 'Max-Forwards: 69')).slice(1))
  })

  it('P-03: reaches the caller byte for byte and in order', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, INVITE)
    const extra = ['Date: Frogday', 'X-Odd:  two  spaces\t', 'Warning: nonsense', 'x-odd: "']
    const response = responseText(sentTo(B1)[0] ?? '', 183, { extra })
    network.deliver(B1, response)
    const kept = (text: string) => lines(text).filter((line) => !/^(Via|Record-Route)/.test(line))
    expect(kept(sentTo(PEER)[1] ?? '')).toEqual(kept(response))
  })

  it('P-09: a body of any type and any bytes goes both ways as it is', async () => {
    const body = Buffer.from(Uint8Array.from({ length: 512 }, (_, i) => (i * 7) & 255)).toString('latin1')
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ extra: ['Content-Type: application/octet-stream'], body }))
    const invite = sentTo(B1)[0] ?? ''
    expect(invite.slice(invite.indexOf('\r\n\r\n') + 4)).toBe(body)
    network.deliver(B1, responseText(invite, 183, { extra: ['Content-Type: x/y'], body }))
    const progress = sentTo(PEER)[1] ?? ''
    expect(progress.slice(progress.indexOf('\r\n\r\n') + 4)).toBe(body)
  })
})

describe('a message that routing cannot read', () => {
  it.each([
    ['a CSeq of another method', INVITE.replace('CSeq: 1 INVITE', 'CSeq: 1 BYE')],
    ['a CSeq of 2^31', requestText({ cseq: 2 ** 31 })],
    ['a CSeq that is no number', INVITE.replace('CSeq: 1 ', 'CSeq: x ')],
    ['Max-Forwards 256', requestText({ maxForwards: 256 })],
    ['two From headers', requestText({ extra: ['From: <sip:b@c>;tag=2'] })],
    ['a Request-URI that is none', requestText({ uri: 'sip:' })],
  ])('P-04: %s gets one 400 and goes nowhere', async (_what, message) => {
    const { network, clock, sentTo } = await startHarness()
    network.deliver(PEER, message)
    clock.advance(40_000)
    expect(sentTo(PEER).map(statusOf)).toEqual([400])
    expect(headerOf(sentTo(PEER)[0] ?? '', 'To')[0]).toMatch(/;tag=\w+$/)
    expect(sentTo(B1)).toEqual([])
  })

  it.each(['From', 'To', 'Call-ID', 'CSeq'])(
    'P-04: a request without %s gets a 400 with what there is',
    async (name) => {
      const { network, sentTo } = await startHarness()
      network.deliver(PEER, INVITE.replace(new RegExp(`^${name}: .*\\r\\n`, 'm'), ''))
      const [refusal = ''] = sentTo(PEER)
      expect(statusOf(refusal)).toBe(400)
      expect(headerOf(refusal, 'Via')).toHaveLength(1)
      expect(headerOf(refusal, name)).toEqual([])
    },
  )

  it('P-04: a request without Via is dropped, because a response would find no way', async () => {
    const { network, events } = await startHarness()
    network.deliver(PEER, INVITE.replace(/^Via: .*\r\n/m, ''))
    expect(network.sent).toEqual([])
    expect(events).toMatchObject([{ type: 'dropped', reason: 'malformed', method: 'INVITE' }])
  })

  it('P-04: an ACK that cannot be read is never answered', async () => {
    const { network } = await startHarness()
    network.deliver(PEER, requestText({ method: 'ACK', cseq: 2 ** 31 }))
    expect(network.sent).toEqual([])
  })

  it('P-07: another version of the protocol is refused with 505', async () => {
    const { atCaller, atBackend } = await outcomeOf(INVITE.replace('SIP/2.0\r\n', 'SIP/3.0\r\n'))
    expect(atCaller.map(statusOf)).toEqual([505])
    expect(atBackend).toEqual([])
  })
})

describe('where a message ends', () => {
  const body = 'v=0\r\n'

  it('P-05: bytes behind Content-Length are dropped from a datagram', async () => {
    const { atBackend } = await outcomeOf(`${requestText({ body })}INVITE sip:x SIP/2.0\r\n\r\n`)
    expect(atBackend[0]).toMatch(/\r\n\r\nv=0\r\n$/)
  })

  it('P-05: a datagram without Content-Length ends where it ends', async () => {
    const { atBackend } = await outcomeOf(requestText({ body }).replace(/^Content-Length: .*\r\n/m, ''))
    expect(atBackend[0]).toMatch(/\r\n\r\nv=0\r\n$/)
    expect(headerOf(atBackend[0] ?? '', 'Content-Length')).toEqual([])
  })

  it('P-05: a request whose body is short gets a 400', async () => {
    const { atBackend, atCaller } = await outcomeOf(requestText({ body }).slice(0, -1))
    expect([atCaller.map(statusOf), atBackend]).toEqual([[400], []])
  })

  it('P-05: a response whose body is short is dropped', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, INVITE)
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 183, { body }).slice(0, -1))
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
  })

  const overTcp = (change: Parameters<typeof requestText>[0] = {}) =>
    requestText({ via: 'SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-1', ...change })

  it('P-06: a connection may deliver its messages byte by byte, behind line breaks', async () => {
    const { network, sentTo } = await startHarness()
    const bytes = Buffer.from(`\r\n${overTcp({ body })}`, 'latin1')
    network.stream(
      PEER,
      Array.from(bytes, (byte) => Buffer.of(byte)),
    )
    expect(sentTo(B1)).toHaveLength(1)
    expect(sentTo(B1)[0]).toMatch(/\r\n\r\nv=0\r\n$/)
  })

  it('P-06: two messages in one write are two messages', async () => {
    const { network, sentTo } = await startHarness()
    const second = overTcp({ via: 'SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-2', callId: 'call-2' })
    network.stream(PEER, [Buffer.from(overTcp() + second)])
    expect(sentTo(B1).map((text) => headerOf(text, 'Call-ID')[0])).toEqual(['call-1@198.51.100.7', 'call-2'])
  })

  it.each([
    ['is missing', overTcp().replace(/^Content-Length: .*\r\n/m, ''), 400],
    ['stands twice and differs', overTcp({ extra: ['Content-Length: 5'] }), 400],
    ['is negative', overTcp().replace('Content-Length: 0', 'Content-Length: -1'), 400],
    ['is larger than any message', overTcp().replace('Content-Length: 0', 'Content-Length: 70000'), 513],
  ])('P-06: a connection whose Content-Length %s gets an error and is closed', async (_what, message, status) => {
    const { network, sentTo } = await startHarness()
    const flow = network.stream(PEER, [Buffer.from(message)])
    expect(sentTo(PEER).map(statusOf)).toEqual([status])
    expect(flow.open).toBe(false)
    expect(sentTo(B1)).toEqual([])
  })
})

describe('which number a user part is', () => {
  it.each([
    ['sip:Alice@192.0.2.1', 'matches as written', 1],
    ['sip:%41lice@192.0.2.1', 'matches with an escape', 1],
    ['sip:Alice@HOST.example:5060;user=ip', 'matches at any host and port', 1],
    ['sip:alice@192.0.2.1', 'differs in case', 0],
  ])('P-08: %s %s', async (uri, _why, calls) => {
    const rule = ruleEntry({ called: [{ type: 'exact', value: 'Alice' }] })
    const { network, sentTo } = await startHarness({ entries: [trunkEntry(), rule] })
    network.deliver(PEER, requestText({ uri }))
    expect(sentTo(B1)).toHaveLength(calls)
  })
})
