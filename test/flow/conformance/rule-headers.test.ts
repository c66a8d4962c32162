import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { RouteAction, RuleEntry } from '../../../ingress/route-table/route-table.ts'
import { parseNameAddr, splitList } from '../../../ingress/sip/message/name-addr.ts'
import { decodeUser, parseUri } from '../../../ingress/sip/message/uri.ts'
import { createCookieSealer } from '../../../ingress/sip/native/relay/dialog-cookie.ts'
import { answerCall, backendSide } from '../../support/answered-call.ts'
import {
  B1,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  TEST_COOKIE_KEY,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { expectedHeaders, headerTraffic, shownHeaders } from '../../support/rule-header-traffic.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const METHODS = [
  'ACK',
  'BYE',
  'INVITE',
  'UPDATE',
  'INFO',
  'PRACK',
  'REFER',
  'NOTIFY',
  'MESSAGE',
  'OPTIONS',
  'SUBSCRIBE',
  'FOO',
]

const EVERY_NUMBER: Partial<RuleEntry> = { called: [] }

const PROMISED: Partial<RouteAction> = {
  setHeaders: [
    { name: 'X-Trunk', value: '{trunk} {rule}' },
    { name: 'X-Called', value: '{called}' },
    { name: 'Subject', value: '"{calling}"' },
  ],
  removeHeaders: ['X-Internal', 'Organization'],
}

/** What the caller writes under the names of which the rule speaks, and beside them. */
const FORGED = ['x-trunk: forged', 'X-Called: 1', 's: forged', 'X-INTERNAL: 1', 'Organization: x', 'X-Kept: 1']

const NAMES = ['X-Trunk', 'X-Called', 'Subject', 's', 'X-Internal', 'Organization', 'X-Kept']
const AS_PROMISED = [['default/carrier default/route'], ['+15551234567'], ['"+15559876543"'], ...[[], [], [], ['1']]]
const TAKEN_OFF = [[], [], [], [], [], [], ['1']]

function shown(message: string): string[][] {
  return NAMES.map((name) => headerOf(message, name))
}

function harnessWith(change: Partial<RouteAction>, rule: Partial<RuleEntry> = {}): Promise<Harness> {
  return startHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(change), ...rule })] })
}

/** A request of the caller inside the call, as the backend gets it. From, To and Request-URI say other numbers. */
function inside(harness: Harness, call: ReturnType<typeof answerCall>, method: string): string {
  const { inDialog } = call
  const cseq = method === 'ACK' ? 1 : 2
  const extra = [...(inDialog.extra ?? []), ...FORGED]
  const from = '"Other" <sip:+1999@198.51.100.7>;tag=caller'
  harness.network.deliver(PEER, requestText({ ...inDialog, method, cseq, from, branch: `z9hG4bK-${method}`, extra }))
  const last = harness.sentTo(B1).at(-1) ?? ''
  expect(methodOf(last)).toBe(method)
  return last
}

function changeRule(harness: Harness, action: Partial<RouteAction>): void {
  harness.table.apply({ upserted: [ruleEntry({ action: routeAction(action) })], removed: [] }, 2)
}

describe('what a rule says of headers holds', () => {
  it.each(METHODS)('for %s of the caller inside the call, with the numbers of the first INVITE', async (method) => {
    const harness = await harnessWith(PROMISED)
    const call = answerCall(harness)
    expect(shown(inside(harness, call, method))).toEqual(AS_PROMISED)
  })

  it.each(METHODS)('not for %s of the backend', async (method) => {
    const harness = await harnessWith(PROMISED)
    const call = answerCall(harness)
    harness.network.deliver(
      B1,
      requestText({ ...backendSide(call), method, extra: [...(backendSide(call).extra ?? []), ...FORGED] }),
    )
    const sent = harness.sentTo(PEER).at(-1) ?? ''
    expect([methodOf(sent), shown(sent)]).toEqual([method, [['forged'], ['1'], [], ['forged'], ['1'], ['x'], ['1']]])
  })

  it.each(METHODS)(
    'for %s where the rule is gone: nothing of the caller under the names that it spoke of',
    async (method) => {
      const harness = await harnessWith(PROMISED)
      const call = answerCall(harness)
      harness.table.apply({ upserted: [], removed: ['rule/default/route'] }, 2)
      expect(shown(inside(harness, call, method))).toEqual(TAKEN_OFF)
    },
  )

  it.each(METHODS)('for %s where the rule says something else now: both', async (method) => {
    const harness = await harnessWith(PROMISED)
    const call = answerCall(harness)
    changeRule(harness, { setHeaders: [{ name: 'X-Kept', value: '{calling}' }], removeHeaders: ['X-Called'] })
    // {calling} was kept for the rule as it was.
    expect(shown(inside(harness, call, method))).toEqual([[], [], [], [], [], [], ['+15559876543']])
  })

  it('for a call that began before the rule spoke of headers, as far as the values are known', async () => {
    const harness = await harnessWith({})
    const call = answerCall(harness)
    changeRule(harness, PROMISED)
    expect(shown(inside(harness, call, 'INFO'))).toEqual(TAKEN_OFF)
    changeRule(harness, { setHeaders: [{ name: 'X-Trunk', value: 'by {rule}' }] })
    const info = inside(harness, call, 'UPDATE')
    expect(headerOf(info, 'X-Trunk')).toEqual(['by default/route'])
  })

  it('where the rule rejects by now', async () => {
    const harness = await harnessWith(PROMISED)
    const call = answerCall(harness)
    harness.table.apply(
      { upserted: [ruleEntry({ action: { type: 'Reject', status: 404, reason: 'No' } })], removed: [] },
      2,
    )
    expect(shown(inside(harness, call, 'INFO'))).toEqual(TAKEN_OFF)
  })

  it('on a pod of an earlier build: its cookie names the rule, and the rule as it is now holds', async () => {
    const harness = await harnessWith({
      setHeaders: [{ name: 'X-Trunk', value: 'by {rule}' }],
      removeHeaders: ['X-Internal'],
    })
    const call = answerCall(harness)
    const sealer = createCookieSealer([TEST_COOKIE_KEY])
    const [, cookie = ''] = /;sdc=([\w-]+)/.exec(call.inDialog.extra?.join() ?? '') ?? []
    const opened = sealer.open(cookie, { callId: 'call-1@198.51.100.7', fromTag: 'caller', toTag: 'backend' })
    if (!opened) throw new Error('no cookie')
    const former = sealer.seal(
      { ...opened, dialogData: '-default/route' },
      { callId: 'call-1@198.51.100.7', callerTag: 'caller' },
    )
    const extra = call.inDialog.extra?.map((line) => line.replace(cookie, former)) ?? []
    const info = inside(harness, { ...call, inDialog: { ...call.inDialog, extra } }, 'INFO')
    expect(['X-Trunk', 'X-Internal', 'X-Called'].map((name) => headerOf(info, name))).toEqual([
      ['by default/route'],
      [],
      ['1'],
    ])
  })

  it('for the Reason of a CANCEL, which is the only header that it hands on', async () => {
    for (const [change, reasons] of [
      [{}, ['SIP;cause=200']],
      [{ removeHeaders: ['reason'] }, []],
      [{ setHeaders: [{ name: 'Reason', value: 'SIP;cause=1' }] }, []],
    ] as const) {
      const harness = await harnessWith(change)
      harness.network.deliver(PEER, requestText({}))
      harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 180))
      harness.network.deliver(
        PEER,
        requestText({ method: 'CANCEL', extra: ['Reason: SIP;cause=200', 'X-Internal: 1'] }),
      )
      const cancel = harness.sentTo(B1).at(-1) ?? ''
      expect([methodOf(cancel), headerOf(cancel, 'Reason'), headerOf(cancel, 'X-Internal')]).toEqual([
        'CANCEL',
        reasons,
        [],
      ])
    }
  })
})

it('whatever a rule says and said of headers, in whatever form the caller writes them, every request has what it says now', async () => {
  await fc.assert(
    fc.asyncProperty(headerTraffic, async (traffic) => {
      const { before, after, method, lines } = traffic
      const harness = await harnessWith(before)
      const { inDialog } = answerCall(harness)
      if (after) changeRule(harness, after)
      else harness.table.apply({ upserted: [], removed: ['rule/default/route'] }, 2)
      const extra = [...(inDialog.extra ?? []), ...lines]
      harness.network.deliver(PEER, requestText({ ...inDialog, method, cseq: 2, branch: 'z9hG4bK-2', extra }))
      const request = harness.sentTo(B1).at(-1) ?? ''
      expect(methodOf(request)).toBe(method)
      expect(shownHeaders(request)).toEqual(expectedHeaders(traffic))
    }),
    { numRuns: 100 },
  )
})

describe('the cookie', () => {
  /** How much longer it is than that of a rule without headers, in characters. */
  async function growth(change: Partial<RouteAction>): Promise<number> {
    const lengths = []
    for (const action of [{}, change]) {
      const harness = await harnessWith(action)
      const { invite } = answerCall(harness)
      lengths.push(/;sdc=([\w-]+)/.exec(invite)?.[1]?.length ?? 0)
    }
    const [plain = 0, longer = 0] = lengths
    return longer - plain
  }

  it('grows by 20 to 60 characters for what rules usually say, and by nothing where they say nothing', async () => {
    const trunk = { name: 'X-Trunk', value: '{trunk}' }
    expect(await growth({ removeHeaders: ['X-Internal'] })).toBe(11)
    expect(await growth({ setHeaders: [trunk], removeHeaders: ['X-Internal'] })).toBe(30)
    expect(
      await growth({ setHeaders: [trunk, { name: 'X-Called', value: '{called}' }], removeHeaders: ['X-Internal'] }),
    ).toBe(58)
    expect(await growth({ requestUser: '{called}' })).toBe(0)
  })

  it('is never longer than its bound: a call with users that do not fit is refused and nothing is forgotten', async () => {
    const setHeaders = [{ name: 'X-Calling', value: '{calling}' }]
    const removeHeaders = Array.from({ length: 31 }, (_, i) => `X-Removed-${i}`)
    const harness = await harnessWith({ setHeaders, removeHeaders })
    const users = ['a'.repeat(1000), 'a'.repeat(1300), 'é'.repeat(700)]
    const invites = users.map((user, i) => {
      const from = `<sip:${encodeURIComponent(user)}@198.51.100.7>;tag=caller`
      return requestText({ from, callId: `call-${i}`, branch: `z9hG4bK-${i}` })
    })
    for (const invite of invites) harness.network.deliver(PEER, invite)
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 400, 400])
    expect(harness.calls().map(({ outcome, status, rule }) => [outcome, status, rule])).toEqual([
      ['malformed', 400, 'default/route'],
      ['malformed', 400, 'default/route'],
    ])
  })

  it('keeps users of any length out where no header is made of them', async () => {
    const harness = await harnessWith({ removeHeaders: ['X-Internal'] })
    harness.network.deliver(PEER, requestText({ from: `<sip:${'a'.repeat(3000)}@198.51.100.7>;tag=caller` }))
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100])
  })
})

/** Bytes in a user part, as a caller can write them: each as an escape. */
const escapedUser = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.constantFrom(
      ...[
        'x>,<sip:ceo',
        'a"b\\',
        '"; a=b',
        'a\r\nX-Evil: 1\r\n\r\n',
        'a\0b',
        '\u0085',
        '\u2028\u2029',
        '%41',
        '{called}',
        'é€',
      ].map((text) => Buffer.from(text)),
    ),
  )
  .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))

describe('whatever the caller is called', () => {
  it('the headers of the INVITE and of a later request are one value each, of the shape that was written', async () => {
    const setHeaders = [
      { name: 'P-Asserted-Identity', value: '"{calling}" <sip:{calling}@trusted.example;user=phone>' },
      { name: 'X-Tenant', value: '{calling}' },
      { name: 'X-Both', value: 'a;b={calling};c=1' },
    ]
    await fc.assert(
      fc.asyncProperty(escapedUser, async (user) => {
        const harness = await harnessWith({ setHeaders }, EVERY_NUMBER)
        const { network } = harness
        const from = `<sip:${user}@198.51.100.7>;tag=caller`
        network.deliver(PEER, requestText({ from }))
        const invite = harness.sentTo(B1)[0] ?? ''
        network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
        const ok = harness.sentTo(PEER).at(-1) ?? ''
        const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
        network.deliver(
          PEER,
          requestText({
            method: 'INFO',
            cseq: 2,
            from,
            to: headerOf(ok, 'To')[0] ?? '',
            uri: `sip:agent@${B1}`,
            extra,
            branch: 'z9hG4bK-2',
          }),
        )
        const info = harness.sentTo(B1).at(-1) ?? ''
        expect([methodOf(invite), methodOf(info)]).toEqual(['INVITE', 'INFO'])
        for (const message of [invite, info]) expectOneEach(message, harness.calls()[0]?.calling ?? '')
      }),
      { numRuns: 100 },
    )
  })
})

function expectOneEach(message: string, calling: string): void {
  const names =
    message
      .split('\r\n\r\n', 1)[0]
      ?.split('\r\n')
      .map((line) => line.split(':', 1)[0]) ?? []
  expect(names.filter((name) => name === 'X-Evil')).toEqual([])
  const [identity = '', ...others] = headerOf(message, 'P-Asserted-Identity').flatMap(splitList)
  const uri = parseUri(parseNameAddr(identity)?.uri ?? '')
  expect([others, uri?.host, uri?.parameters, decodeUser(uri?.user ?? '')]).toEqual([
    [],
    'trusted.example',
    ';user=phone',
    calling,
  ])
  expect(headerOf(message, 'X-Tenant').map(decodeUser)).toEqual([calling])
  expect(
    headerOf(message, 'X-Both')
      .map((value) => /^a;b=([^;,\s"<>]+);c=1$/.exec(value)?.[1])
      .map((value) => decodeUser(value ?? '')),
  ).toEqual([calling])
}
