import { describe, expect, it } from '@jest/globals'
import type { RouteAction, TrunkEntry } from '../../../ingress/route-table/route-table.ts'
import { timeline } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { headerOf, methodOf, type ResponseText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** The caller's Via in a response, with the line break before it. */
const LOWER_VIA = `\r\nVia: SIP/2.0/UDP ${PEER};branch=z9hG4bK-caller-1`

/** A call that has been sent to B1. */
async function calling(action: Partial<RouteAction> = {}, trunk: Partial<TrunkEntry> = {}): Promise<Harness> {
  const harness = await startHarness({ entries: [trunkEntry(trunk), ruleEntry({ action: routeAction(action) })] })
  harness.network.deliver(PEER, requestText())
  return harness
}

/** A backend answers the INVITE that it has. */
function answer(harness: Harness, backend: string, status: number, change: ResponseText = {}): void {
  const invite = harness.sentTo(backend).find((text) => methodOf(text) === 'INVITE') ?? ''
  harness.network.deliver(backend, responseText(invite, status, { toTag: `tag-${backend.slice(0, 8)}`, ...change }))
}

function statuses({ sentTo }: Harness): number[] {
  return sentTo(PEER).map(statusOf)
}

function last({ sentTo }: Harness, to = PEER): string {
  return sentTo(to).at(-1) ?? ''
}

describe('our Via', () => {
  it.each([
    ['on a line of its own', (text: string) => text],
    [
      'in a list',
      (text: string) => text.replace(LOWER_VIA, '').replace(';rport\r\n', `;rport,${LOWER_VIA.slice(6)}\r\n`),
    ],
  ])('Q-01: is taken off a response %s, and the rest stays', async (_where, write) => {
    const harness = await calling()
    const invite = harness.sentTo(B1)[0] ?? ''
    harness.network.deliver(B1, write(responseText(invite, 180)))
    expect(headerOf(last(harness), 'Via')).toEqual([`SIP/2.0/UDP ${PEER};branch=z9hG4bK-caller-1`])
  })

  it('Q-01: as the only one means that the response is ours, and it stops here', async () => {
    const harness = await calling()
    const response = responseText(harness.sentTo(B1)[0] ?? '', 180)
    harness.network.deliver(B1, response.replace(LOWER_VIA, ''))
    expect(statuses(harness)).toEqual([100])
  })
})

describe('a provisional response', () => {
  it('Q-02: from 101 to 199 goes up at once, each of them, with its To tag', async () => {
    const harness = await calling()
    for (const status of [180, 180, 183, 199]) answer(harness, B1, status)
    expect(statuses(harness)).toEqual([100, 180, 180, 183, 199])
    expect(headerOf(last(harness), 'To')[0]).toMatch(/;tag=tag-10\.0\.0\.1$/)
  })

  it('Q-02: 100 never goes up', async () => {
    const harness = await calling()
    answer(harness, B1, 100)
    expect(statuses(harness)).toEqual([100])
  })

  it('Q-12: 199 of a backend passes with its Reason', async () => {
    const harness = await calling()
    answer(harness, B1, 199, { extra: ['Reason: SIP;cause=404'] })
    expect([statuses(harness), headerOf(last(harness), 'Reason')]).toEqual([[100, 199], ['SIP;cause=404']])
  })
})

describe('a 2xx', () => {
  it('Q-02: goes up at once with its To tag', async () => {
    const harness = await calling()
    answer(harness, B1, 202)
    expect(statuses(harness)).toEqual([100, 202])
    expect(headerOf(last(harness), 'To')[0]).toMatch(/;tag=tag-10\.0\.0\.1$/)
  })

  it('Q-03: goes up also after another final response', async () => {
    const harness = await calling()
    harness.clock.advance(2000)
    answer(harness, B2, 486)
    answer(harness, B1, 200)
    answer(harness, B1, 200)
    expect(statuses(harness)).toEqual([100, 486, 200, 200])
  })

  it('Q-10: while another branch rings, has that cancelled', async () => {
    const harness = await calling()
    harness.clock.advance(2000)
    answer(harness, B2, 180)
    answer(harness, B1, 200)
    expect(harness.sentTo(B2).map(methodOf)).toEqual(['INVITE', 'CANCEL'])
    expect(statuses(harness)).toEqual([100, 180, 200])
  })
})

describe('a 6xx', () => {
  it('Q-04: makes no new branch, whatever the rule fails over on', async () => {
    const harness = await calling({ failoverOn: ['603', '503'] })
    answer(harness, B1, 603)
    harness.clock.advance(3000)
    expect(harness.sentTo(B2)).toEqual([])
    expect(statuses(harness).slice(0, 2)).toEqual([100, 603])
  })

  it('Q-04: of a branch that was given up has the others cancelled and wins over all', async () => {
    const harness = await calling()
    harness.clock.advance(2000)
    answer(harness, B2, 180)
    answer(harness, B1, 603)
    expect(statuses(harness)).toEqual([100, 180, 603])
    expect(harness.sentTo(B2).map(methodOf)).toEqual(['INVITE', 'CANCEL'])
  })
})

describe('the best of several final responses', () => {
  it.each([
    [503, 486, 486],
    [500, 404, 404],
    [404, 500, 404],
    [486, 302, 302],
    [420, 404, 420],
    [404, 484, 484],
    [500, 503, 500],
    [503, 603, 603],
  ])('Q-05: of %i and %i is %i', async (first, second, best) => {
    const harness = await calling({ failoverOn: [first, second].map(String) })
    answer(harness, B1, first)
    answer(harness, B2, second)
    expect(statuses(harness)).toEqual([100, best])
  })

  it.each([
    ['every backend is silent', () => undefined],
    ['one is silent and one sends 503', (harness: Harness) => answer(harness, B2, 503)],
  ])('Q-05: where %s it is the 503 of the rule, which departs from the 408 of the text (Z3)', async (_what, act) => {
    const harness = await calling()
    harness.clock.advance(2000)
    act(harness)
    harness.clock.advance(2000)
    expect(timeline(harness.packetsTo(PEER))[1]).toMatch(/ 503$/)
    expect(headerOf(harness.sentTo(PEER)[1] ?? '', 'Warning')[0]).toMatch(/^399 192\.0\.2\.1:5060 "no_backend id\d+"$/)
  })

  it('Q-06: of nothing but 503 is our own 503 without Retry-After, which departs from the 500 of the text (Z3)', async () => {
    const harness = await calling()
    answer(harness, B1, 503, { extra: ['Retry-After: 300'] })
    answer(harness, B2, 503, { extra: ['Retry-After: 300'] })
    expect(statuses(harness)).toEqual([100, 503])
    expect(headerOf(last(harness), 'Retry-After')).toEqual([])
    expect(headerOf(last(harness), 'To')[0]).not.toMatch(/tag=tag-/)
  })

  it('Q-06: of nothing but 503 is what the trunk says instead', async () => {
    const { responses } = trunkEntry()
    const noBackend = { status: 500, reason: 'Server Internal Error' }
    const harness = await calling({}, { responses: { ...responses, noBackend } })
    answer(harness, B1, 503)
    answer(harness, B2, 503)
    expect(statuses(harness)).toEqual([100, 500])
  })

  it.each([486, 500, 503, 600])('Q-06: a Retry-After of a %i never goes up', async (status) => {
    const harness = await calling({ failoverOn: [] })
    answer(harness, B1, status, { extra: ['Retry-After: 300'] })
    expect([statuses(harness), headerOf(last(harness), 'Retry-After')]).toEqual([[100, status], []])
  })

  it('Q-07: a 401 or 407 carries the challenges of all', async () => {
    const harness = await calling({ failoverOn: ['401', '407'] })
    answer(harness, B1, 401, { extra: ['WWW-Authenticate: Digest realm="one"'] })
    answer(harness, B2, 407, { extra: ['Proxy-Authenticate: Digest realm="two"'] })
    expect(statuses(harness)).toEqual([100, 401])
    expect(headerOf(last(harness), 'WWW-Authenticate')).toEqual(['Digest realm="one"'])
    expect(headerOf(last(harness), 'Proxy-Authenticate')).toEqual(['Digest realm="two"'])
  })

  it('Q-11: a 3xx is forwarded, not followed', async () => {
    const harness = await calling()
    answer(harness, B1, 302, { extra: ['Contact: <sip:else@elsewhere.example>'] })
    harness.clock.advance(400)
    expect(statuses(harness)).toEqual([100, 302])
    expect(headerOf(last(harness), 'Contact')).toEqual(['<sip:else@elsewhere.example>'])
    expect(harness.sentTo(B2)).toEqual([])
  })
})

describe('our Record-Route in a response', () => {
  const contact = (at: string) => ({ extra: [`Contact: <sip:agent@${at}>`] })

  it('Q-08: is rewritten in 18x and 2xx alike, though 5658 advises against it (Z8); the values of others stay', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ extra: ['Record-Route: <sip:edge.example;lr>'] }))
    const [sent, below] = headerOf(harness.sentTo(B1)[0] ?? '', 'Record-Route')
    answer(harness, B1, 180, contact(B1))
    answer(harness, B1, 200, contact(B1))
    const [, ringing = [], ok = []] = harness.sentTo(PEER).map((text) => headerOf(text, 'Record-Route'))
    expect(ringing).toEqual(ok)
    expect(ok[1]).toBe(below)
    expect(ok[0]).toMatch(/^<sip:192\.0\.2\.1:5060;lr;sdc=[\w-]+>$/)
    expect(ok[0]).not.toBe(sent)
  })

  it('Q-08: signs the Contact of that response: two 2xx, two targets', async () => {
    const harness = await calling()
    answer(harness, B1, 200, { toTag: 'one', ...contact('10.1.0.1:6001') })
    answer(harness, B1, 200, { toTag: 'two', ...contact('10.1.0.2:6002') })
    for (const ok of harness.sentTo(PEER).slice(1)) {
      const to = headerOf(ok, 'To')[0] ?? ''
      const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
      const branch = `z9hG4bK-${to.slice(-3)}`
      harness.network.deliver(
        PEER,
        requestText({ method: 'BYE', cseq: 2, branch, uri: 'sip:agent@any.example', to, extra }),
      )
    }
    expect(harness.sentTo('10.1.0.1:6001').map((text) => headerOf(text, 'To')[0]?.slice(-3))).toEqual(['one'])
    expect(harness.sentTo('10.1.0.2:6002').map((text) => headerOf(text, 'To')[0]?.slice(-3))).toEqual(['two'])
  })
})

describe('the To tag', () => {
  it('Q-09: stands in a final response of our own, and is the same in each repeat', async () => {
    const { network, sentTo, clock } = await startHarness()
    const invite = requestText({ uri: 'sip:+4930123456@192.0.2.1' })
    network.deliver(PEER, invite)
    clock.advance(600)
    network.deliver(PEER, invite)
    const [first = '', ...repeats] = sentTo(PEER)
    expect(headerOf(first, 'To')[0]).toMatch(/^<sip:\+15551234567@192\.0\.2\.1>;tag=[\w-]+$/)
    expect(repeats).toEqual([first, first])
  })

  it('Q-09: of a forwarded response is the one of the backend', async () => {
    const harness = await calling()
    answer(harness, B1, 486)
    expect(headerOf(last(harness), 'To')[0]).toMatch(/;tag=tag-10\.0\.0\.1$/)
  })

  it('Q-09: differs between two calls', async () => {
    const { network, sentTo } = await startHarness()
    for (const branch of ['z9hG4bK-1', 'z9hG4bK-2']) {
      network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1', branch, callId: branch }))
    }
    const [one, two] = sentTo(PEER).map((text) => headerOf(text, 'To')[0])
    expect(one).not.toBe(two)
  })
})
