import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { RouteAction } from '../../../ingress/route-table/route-table.ts'
import { parseNameAddr, splitList } from '../../../ingress/sip/message/name-addr.ts'
import { decodeUser, parseUri } from '../../../ingress/sip/message/uri.ts'
import { answerDrachtioCall, type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import { routeAction, ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import {
  expectedHeaders,
  headerTraffic,
  DIALOG_METHODS as METHODS,
  shownHeaders,
} from '../../support/rule-header-traffic.ts'
import { headerOf, requestText } from '../../support/sip-text.ts'

const PROMISED: Partial<RouteAction> = {
  setHeaders: [
    { name: 'X-Trunk', value: '{trunk} {rule}' },
    { name: 'X-Called', value: '{called}' },
    { name: 'Subject', value: '"{calling}"' },
  ],
  removeHeaders: ['X-Internal'],
}
const FORGED = ['x-trunk: forged', 'X-Called: 1', 's: forged', 'X-INTERNAL: 1', 'X-Kept: 1']
const NAMES = ['X-Trunk', 'X-Called', 'Subject', 's', 'X-Internal', 'X-Kept']
const SET = [['default/carrier default/route'], ['+15551234567'], ['"+15559876543"'], [], []]

let harness: DrachtioHarness

afterEach(() => harness.close())

async function answered(action: Partial<RouteAction>) {
  harness = await startDrachtioHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(action) })] })
  return await answerDrachtioCall(harness)
}

/** A request inside the call, from the caller unless told. */
function inside(method: string, dialogId: string, source = {}) {
  const to = '<sip:far@192.0.2.1>;tag=there'
  const cseq = method === 'ACK' ? 1 : 2
  return harness.server.receive(requestText({ method, cseq, to, extra: FORGED }), source, dialogId)
}

function shown(message: string): string[][] {
  return NAMES.map((name) => headerOf(message, name))
}

describe('what a rule says of headers holds with a drachtio-server', () => {
  it.each(METHODS)('for %s of the caller inside the call, with the numbers of the first INVITE', async (method) => {
    const { caller } = await answered(PROMISED)
    inside(method, caller.dialogId)
    const { text } = await harness.sent(method, method === 'INVITE' ? 2 : 1)
    expect(shown(text)).toEqual([...SET, ['1']])
  })

  it.each(METHODS)('for %s where the rule is gone: nothing of the caller under its names', async (method) => {
    const { caller } = await answered(PROMISED)
    harness.table.apply({ upserted: [], removed: ['rule/default/route'] }, 2)
    inside(method, caller.dialogId)
    const { text } = await harness.sent(method, method === 'INVITE' ? 2 : 1)
    expect(shown(text)).toEqual([[], [], [], [], [], ['1']])
  })

  it.each(METHODS)('not for %s of the backend', async (method) => {
    const { invite } = await answered(PROMISED)
    inside(method, invite.dialogId, { address: '10.0.0.1', port: 5080 })
    const { text } = await harness.sent(method, method === 'INVITE' ? 2 : 1)
    expect(shown(text)).toEqual([['forged'], ['1'], [], ['forged'], ['1'], ['1']])
  })

  it('for the ACK of the caller, to the first INVITE and to a later one', async () => {
    const { caller } = await answered(PROMISED)
    inside('ACK', caller.dialogId)
    expect(shown((await harness.sent('ACK')).text)).toEqual([...SET, []])
    const again = inside('INVITE', caller.dialogId)
    harness.server.answer(await harness.sent('INVITE', 2), 200)
    await harness.receives(again, [100, 200])
    inside('ACK', caller.dialogId)
    expect(shown((await harness.sent('ACK', 2)).text)).toEqual([...SET, []])
  })

  it.each([
    [{}, ['SIP;cause=200']],
    [{ removeHeaders: ['Reason'] }, []],
  ])('for the Reason of a CANCEL: with %j it is %j', async (action, reasons) => {
    harness = await startDrachtioHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(action) })] })
    const caller = harness.server.receive(requestText({}))
    harness.server.answer(await harness.sent('INVITE'), 180)
    await harness.receives(caller, [100, 180])
    harness.server.cancel(caller, ['Reason: SIP;cause=200'])
    expect(headerOf((await harness.sent('CANCEL')).text, 'Reason')).toEqual(reasons)
  })
})

it('whatever a rule says and said of headers, every request of the caller has what it says now', async () => {
  await fc.assert(
    fc.asyncProperty(headerTraffic, async (traffic) => {
      const { before, after, method, lines } = traffic
      const { caller } = await answered(before)
      if (after) harness.table.apply({ upserted: [ruleEntry({ action: after })], removed: [] }, 2)
      else harness.table.apply({ upserted: [], removed: ['rule/default/route'] }, 2)
      const to = '<sip:far@192.0.2.1>;tag=there'
      harness.server.receive(requestText({ method, cseq: 2, to, extra: lines }), {}, caller.dialogId)
      const { text } = await harness.sent(method, method === 'INVITE' ? 2 : 1)
      await harness.close()
      expect(shownHeaders(text)).toEqual(expectedHeaders(traffic))
    }),
    { numRuns: 20 },
  )
})

const escapedUser = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc
      .constantFrom('x>,<sip:ceo', 'a"b\\', '"; a=b', 'a\r\nX-Evil: 1\r\n\r\n', 'a\0b', '\u0085', '\u2028\u2029', '%41')
      .map((text) => Buffer.from(text)),
  )
  .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))

it('whatever the caller is called, the headers that a rule sets are one value each, of the shape that was written', async () => {
  const setHeaders = [
    { name: 'P-Asserted-Identity', value: '"{calling}" <sip:{calling}@trusted.example;user=phone>' },
    { name: 'X-Tenant', value: '{calling}' },
  ]
  harness = await startDrachtioHarness({
    entries: [trunkEntry(), ruleEntry({ called: [], action: routeAction({ setHeaders }) })],
  })
  let count = 0
  await fc.assert(
    fc.asyncProperty(escapedUser, async (user) => {
      count++
      const callId = `call-${count}`
      harness.server.receive(requestText({ from: `<sip:${user}@198.51.100.7>;tag=caller`, callId }))
      const { text } = await harness.sent('INVITE', count)
      const [identity = '', ...others] = headerOf(text, 'P-Asserted-Identity').flatMap(splitList)
      const uri = parseUri(parseNameAddr(identity)?.uri ?? '')
      const tenants = headerOf(text, 'X-Tenant')
      expect([others, uri?.host, uri?.parameters]).toEqual([[], 'trusted.example', ';user=phone'])
      expect(tenants.map(decodeUser)).toEqual([decodeUser(uri?.user ?? '')])
      expect(headerOf(text, 'X-Evil')).toEqual([])
    }),
    { numRuns: 40 },
  )
})
