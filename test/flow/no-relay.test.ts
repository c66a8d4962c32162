/** Who holds a cookie of a backend may not choose whom the ingress calls, and no caller gets hold of one. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { backendSide } from '../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../support/engine-harness.ts'
import { routeLines, scriptDialog, went } from '../support/scripted-dialog.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'

const VICTIM = '203.0.113.200:5060'
/** A proxy of the carrier's, beside the one that its INVITEs come from. */
const CARRIERS_PROXY = '198.51.100.99:5070'
/** Of the network of a media server that the rule names. */
const MEDIA_SERVER = '10.9.0.7:5080'

/** From B1's side of the call, to a target of the sender's choice. */
function sendAs(harness: Harness, from: string, invite: string, change: { method?: string; target: string }): void {
  const { method = 'MESSAGE', target } = change
  const via = `SIP/2.0/UDP ${from};branch=z9hG4bK-${method}-${from}`
  const ok = 'SIP/2.0 200 OK\r\nTo: <sip:+15551234567@192.0.2.1>;tag=backend\r\n\r\n'
  const side = backendSide({ invite, ok })
  harness.network.deliver(from, requestText({ ...side, method, cseq: 9, uri: `sip:x@${target}`, via }))
}

/** An INVITE that B1 has got, with the cookie for its side. */
async function called(change: { contact?: string; extra?: readonly string[] } = {}): Promise<[Harness, string]> {
  const action = routeAction({ contactNetworks: ['10.9.0.0/16'] })
  const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action })] })
  harness.network.deliver(PEER, requestText(change))
  return [harness, harness.sentTo(B1)[0] ?? '']
}

const requestsTo = (harness: Harness, address: string): string[] =>
  harness.sentTo(address).flatMap((text) => methodOf(text) || [])

describe("a backend's cookie in the hands of a stranger", () => {
  it.each(['MESSAGE', 'INVITE', 'BYE', 'ACK', 'FOO'])('D-08: does not make a %s go where it says', async (method) => {
    const [harness, invite] = await called()
    sendAs(harness, STRANGER, invite, { method, target: VICTIM })
    expect(harness.sentTo(VICTIM)).toEqual([])
    expect(requestsTo(harness, PEER)).toEqual([method])
  })

  it('D-08: reaches the caller where its INVITE came from, at any port', async () => {
    const [harness, invite] = await called()
    sendAs(harness, STRANGER, invite, { target: '198.51.100.7:5099' })
    expect(requestsTo(harness, '198.51.100.7:5099')).toEqual(['MESSAGE'])
  })

  it.each([
    ['the proxy of the caller that record-routed', { extra: [`Record-Route: <sip:${CARRIERS_PROXY};lr>`] }],
    ["the caller's Contact", { contact: `<sip:a@${CARRIERS_PROXY}>` }],
  ])('D-08: reaches %s, which its INVITE named', async (_what, change) => {
    const [harness, invite] = await called(change)
    sendAs(harness, STRANGER, invite, { target: CARRIERS_PROXY })
    expect(requestsTo(harness, CARRIERS_PROXY)).toEqual(['MESSAGE'])
  })

  it("D-08: reaches no other port of the caller's Contact", async () => {
    const [harness, invite] = await called({ contact: `<sip:a@${CARRIERS_PROXY}>` })
    sendAs(harness, STRANGER, invite, { target: '198.51.100.99:5071' })
    expect(requestsTo(harness, '198.51.100.99:5071')).toEqual([])
    expect(requestsTo(harness, PEER)).toEqual(['MESSAGE'])
  })
})

describe("a backend's cookie in the hands of a backend", () => {
  it.each([
    ['that was called', B1],
    ['of the table', B2],
    ['of the contact networks', MEDIA_SERVER],
  ])('D-08: is good for whomever the caller has moved to, from one %s', async (_which, from) => {
    const [harness, invite] = await called()
    sendAs(harness, from, invite, { target: VICTIM })
    expect(requestsTo(harness, VICTIM)).toEqual(['MESSAGE'])
  })
})

const STATUSES = [180, 183, 199, 200, 202, 300, 302, 380, 400, 404, 407, 486, 487, 500, 503, 600, 603]

/** What a backend may make of our Record-Route lines: all of it is legal, some of it odd. */
const WRITINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll(';sdc=', ';SDC='),
  (text) => text.replaceAll('Record-Route:', 'record-route :'),
  (text) => text.replaceAll(/Record-Route: (.*)/g, 'Record-Route: $1, $1'),
  (text) => text.replaceAll(/Record-Route: (.*)/g, 'Record-Route: <sip:10.0.0.9;lr>,\r\n $1'),
  (text) => text.replaceAll(/Record-Route: (.*)/g, 'Record-Route: $1\r\nRecord-Route: $1'),
  (text) => text.replaceAll(/;lr;sdc=([\w-]+)/g, ';sdc=$1;lr=on;x=y'),
]

describe('a response of a backend', () => {
  it.each(STATUSES)('Q-13: of %d never brings the cookie of the backend to the caller', async (status) => {
    for (const write of WRITINGS) {
      const [harness, invite] = await called()
      harness.network.deliver(B1, write(responseText(invite, status, { extra: [`Contact: <sip:agent@${B1}>`] })))
      harness.clock.advance(60_000)
      const cookie = /sdc=([\w-]+)/.exec(invite)?.[1] ?? 'none'
      const answers = harness.sentTo(PEER).filter((text) => statusOf(text) > 100)
      expect(answers.length).toBeGreaterThan(0)
      expect(answers.filter((text) => text.includes(cookie))).toEqual([])
    }
  })

  it.each([302, 486, 503, 603])('Q-13: that is a refusal of %d has no Record-Route at all', async (status) => {
    const [harness, invite] = await called()
    for (const backend of [B1, B2]) harness.network.deliver(backend, responseText(invite, status))
    const [sent = ''] = harness.sentTo(B2)
    if (sent !== '') harness.network.deliver(B2, responseText(sent, status))
    const refusal = harness.sentTo(PEER).find((text) => statusOf(text) >= 300) ?? ''
    expect(statusOf(refusal)).toBeGreaterThan(0)
    expect(headerOf(refusal, 'Record-Route')).toEqual([])
  })
})

const OWN_ROUTE = '<sip:192.0.2.1:5060;lr>'

describe('what a request needs no To tag for', () => {
  it.each(['BYE', 'INVITE', 'INFO', 'MESSAGE', 'UPDATE', 'OPTIONS'])(
    'D-08: is no way in for a stranger with the cookie of a call that has tags: %s gets not a byte',
    async (method) => {
      const dialog = scriptDialog(await startHarness())
      for (const routes of [dialog.callerRoutes, dialog.backendRoutes, [OWN_ROUTE, ...dialog.callerRoutes]]) {
        const change = { method, to: '<sip:+15551234567@192.0.2.1>', uri: `sip:x@${VICTIM}`, extra: routeLines(routes) }
        expect(went(dialog.fromCaller(change, STRANGER))).toEqual([])
      }
    },
  )

  it('D-08: reaches the two sides of a call without tags, and nobody whom a stranger names', async () => {
    const dialog = scriptDialog(await startHarness(), {
      untagged: true,
      invite: { from: '<sip:+15559876543@198.51.100.7>' },
    })
    for (const target of [`sip:x@${VICTIM}`, 'sip:x@0.0.0.0', 'sip:x@192.0.2.1', 'sip:x@10.9.9.9']) {
      // Without any tag nothing says which side sends with the cookie of which.
      expect(went(dialog.fromCaller({ uri: target }, STRANGER))).toEqual([`${B1} INFO`])
      expect(went(dialog.fromBackend({ uri: target }, STRANGER))).toEqual([`${PEER} INFO`])
    }
  })

  it('D-08: is no way around the rules: an INVITE without it is decided, whatever cookie it has', async () => {
    const dialog = scriptDialog(await startHarness())
    const called = 'sip:+19005550100@10.0.0.1:5080'
    const sent = dialog.fromCaller({ method: 'INVITE', uri: called, to: `<${called}>` })
    expect(went(sent)).toEqual([`${PEER} 503`])
  })
})

describe('Routes around the one with the cookie', () => {
  it('D-08: choose no target: what stands above it, and a foreign one below, is not followed', async () => {
    const dialog = scriptDialog(await startHarness())
    const foreign = `<sip:${VICTIM};lr>`
    for (const routes of [
      [foreign, ...dialog.callerRoutes],
      [...dialog.callerRoutes, foreign],
      [...dialog.callerRoutes, OWN_ROUTE, foreign],
      [foreign, OWN_ROUTE, ...dialog.callerRoutes, OWN_ROUTE, foreign, OWN_ROUTE],
    ]) {
      expect(went(dialog.fromCaller({ extra: routeLines(routes) }, STRANGER))).toEqual([`${B1} INFO`])
    }
  })
})

describe("a caller's NAT", () => {
  it('D-08: makes no backend reach whom the caller names: its private Contact gives way to its source', async () => {
    const contact = '<sip:a@10.0.0.2:5080>'
    const dialog = scriptDialog(await startHarness(), { invite: { contact } })
    expect(went(dialog.fromBackend({ uri: 'sip:a@10.0.0.2:5080' }))).toEqual([`${PEER} INFO`])
    expect(went(dialog.fromBackend({ uri: 'sip:a@10.0.0.2:5080' }, STRANGER))).toEqual([`${PEER} INFO`])
  })
})

/** Every cookie that anybody has been sent, by any packet. */
function cookiesOf({ network }: Harness): string[] {
  const found = network.sent.flatMap(({ text }) => [...text.matchAll(/sdc=([\w-]+)/g)])
  return [...new Set(found.map(([, cookie = '']) => cookie))]
}

const withoutTag = (value: string): string => value.replace(/;tag=.*/, '')

describe('whatever a stranger sends with whatever cookie', () => {
  it('D-08: goes to the sides of that call and to nobody else', async () => {
    const sides = new Set([PEER, B1, B2, STRANGER])
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom('INVITE', 'ACK', 'BYE', 'MESSAGE', 'UPDATE', 'REFER', 'CANCEL', 'OPTIONS'),
          which: fc.nat(5),
          swapped: fc.boolean(),
          routes: fc.array(fc.constantFrom(VICTIM, '203.0.113.201:5080', '[2001:db8::66]:5060'), { maxLength: 3 }),
          strict: fc.boolean(),
          tags: fc.constantFrom('both', 'from', 'to', 'none'),
          callTags: fc.constantFrom('both', 'caller', 'none'),
          above: fc.array(fc.constantFrom(`<sip:${VICTIM};lr>`, OWN_ROUTE), { maxLength: 2 }),
          upper: fc.boolean(),
        }),
        async ({ method, which, swapped, routes, strict, tags: sent, callTags, above, upper }) => {
          const harness = await startHarness()
          scriptDialog(harness, {
            untagged: callTags !== 'both',
            ...(callTags === 'none' && { invite: { from: '<sip:+15559876543@198.51.100.7>' } }),
          })
          const cookies = cookiesOf(harness)
          const cookie = cookies[which % cookies.length]
          const tags = ['<sip:a@192.0.2.1>;tag=caller', '<sip:b@192.0.2.1>;tag=backend'] as const
          const [fromTag, toTag] = swapped ? [tags[1], tags[0]] : tags
          const from = sent === 'both' || sent === 'from' ? fromTag : withoutTag(fromTag)
          const to = sent === 'both' || sent === 'to' ? toTag : withoutTag(toTag)
          const own = `sip:192.0.2.1:5060;lr;${upper ? 'S%44C' : 'sdc'}=${cookie}`
          const next = routes.map((route) => `Route: <sip:${route}${strict ? '' : ';lr'}>`)
          const via = `SIP/2.0/UDP ${STRANGER};branch=z9hG4bK-relay`
          harness.network.deliver(
            STRANGER,
            requestText({
              method,
              from,
              to,
              via,
              uri: `sip:x@${VICTIM}`,
              extra: [...routeLines(above), `Route: <${own}>`, ...next],
            }),
          )
          harness.clock.advance(40_000)
          expect(harness.network.sent.map((packet) => packet.to).filter((address) => !sides.has(address))).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })
})
