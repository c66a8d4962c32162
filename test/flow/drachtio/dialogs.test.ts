import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import { answerDrachtioCall, type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import type { CallerTransaction, SentRequest } from '../../support/drachtio-server.ts'
import { headerOf, type RequestText, requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness
let call: { readonly caller: CallerTransaction; readonly invite: SentRequest }

/** A request of the caller, or of the backend, inside the call. */
function inside(side: 'caller' | 'backend', change: RequestText): CallerTransaction {
  const dialogId = side === 'caller' ? call.caller.dialogId : call.invite.dialogId
  const source = side === 'caller' ? {} : { address: '10.0.0.1', port: 5080 }
  const text = requestText({ cseq: 2, to: '<sip:far@192.0.2.1>;tag=there', ...change })
  return harness.server.receive(text, source, dialogId)
}

const SDP = { body: 'v=0\r\n', extra: ['Content-Type: application/sdp'] }

beforeEach(async () => {
  harness = await startDrachtioHarness()
  call = await answerDrachtioCall(harness)
})

afterEach(() => harness.close())

describe('the ACK of the caller', () => {
  it('goes to the backend, with the answer that it may carry', async () => {
    inside('caller', { method: 'ACK', cseq: 1, ...SDP })
    const ack = await harness.sent('ACK')
    expect([ack.dialogId, ack.text.endsWith('v=0\r\n')]).toEqual([call.invite.dialogId, true])
  })

  it('goes there with a body of any type, which the server sends only if it is told', async () => {
    const extra = ['c: multipart/mixed;boundary=b', 'MIME-Version: 1.0', 'Content-Disposition: session', 'X-Other: 1']
    inside('caller', { method: 'ACK', cseq: 1, body: '--b--\r\n', extra })
    const ack = await harness.sent('ACK')
    expect(['Content-Type', 'MIME-Version', 'Content-Disposition'].map((name) => headerOf(ack.text, name))).toEqual([
      ['multipart/mixed;boundary=b'],
      ['1.0'],
      ['session'],
    ])
    expect(ack.text.endsWith('--b--\r\n')).toBe(true)
  })

  it('goes there once, however often it comes', async () => {
    inside('caller', { method: 'ACK', cseq: 1 })
    inside('caller', { method: 'ACK', cseq: 1 })
    const info = inside('caller', { method: 'INFO' })
    harness.server.answer(await harness.sent('INFO'), 200)
    await harness.receives(info, [200])
    expect(harness.server.sent.filter(({ method }) => method === 'ACK')).toHaveLength(1)
  })
})

describe('a BYE', () => {
  it.each([
    ['caller', () => call.invite.dialogId],
    ['backend', () => call.caller.dialogId],
  ] as const)('of the %s gets 200 and ends the other leg, with its reason', async (side, otherDialog) => {
    const bye = inside(side, { method: 'BYE', extra: ['Reason: Q.850;cause=16'] })
    await harness.receives(bye, [200])
    const relayed = await harness.sent('BYE')
    expect([relayed.dialogId, headerOf(relayed.text, 'Reason')]).toEqual([otherDialog(), ['Q.850;cause=16']])
    expect(harness.engine.openTransactions).toBe(0)
  })

  it('that the server sends by itself ends the other leg', async () => {
    harness.server.endDialog(call.caller.dialogId)
    expect((await harness.sent('BYE')).dialogId).toBe(call.invite.dialogId)
    expect(harness.engine.openTransactions).toBe(0)
  })

  it('to a leg that is gone is not waited for', async () => {
    harness.server.manners.refusesRequests = 'Server error: unable to find dialog for dialog id provided'
    const bye = inside('caller', { method: 'BYE' })
    await harness.receives(bye, [200])
    expect([harness.engine.openTransactions, harness.server.sent.filter(({ method }) => method === 'BYE')]).toEqual([
      0,
      [],
    ])
  })
})

describe('a re-INVITE', () => {
  it('is answered and acknowledged end to end', async () => {
    const invite = inside('backend', { method: 'INVITE', ...SDP })
    const relayed = await harness.sent('INVITE', 2)
    expect(relayed.dialogId).toBe(call.caller.dialogId)
    harness.server.answer(relayed, 200, SDP)
    await harness.receives(invite, [100, 200])
    expect(invite.responses.at(-1)?.endsWith('v=0\r\n')).toBe(true)
    inside('backend', { method: 'ACK' })
    expect((await harness.sent('ACK')).dialogId).toBe(call.caller.dialogId)
  })

  it('is refused as the other side refuses it, and hears from it when to try again (RFC 3261 §14.2)', async () => {
    const invite = inside('caller', { method: 'INVITE', ...SDP })
    harness.server.answer(await harness.sent('INVITE', 2), 491, { extra: ['Retry-After: 9'] })
    await harness.receives(invite, [100, 491])
    expect(headerOf(invite.responses.at(-1) ?? '', 'Retry-After')).toEqual(['9'])
  })

  it('can be cancelled', async () => {
    const invite = inside('caller', { method: 'INVITE', ...SDP })
    const relayed = await harness.sent('INVITE', 2)
    harness.server.cancel(invite)
    expect((await harness.sent('CANCEL')).transactionId).toBe(relayed.transactionId)
    expect(invite.statuses()).toEqual([100, 487])
  })

  it('whose 2xx can go to nobody any more is acknowledged all the same', async () => {
    const invite = inside('caller', { method: 'INVITE', ...SDP })
    const relayed = await harness.sent('INVITE', 2)
    harness.server.cancel(invite)
    await harness.sent('CANCEL')
    harness.server.answer(relayed, 200, SDP)
    expect((await harness.sent('ACK')).dialogId).toBe(call.invite.dialogId)
  })
})

/** What says who calls, and proves nothing. */
const CLAIMS = ['P-Asserted-Identity', 'Remote-Party-ID', 'P-Served-User', 'P-Charge-Info', 'P-Preferred-Identity']
const CLAIMED = CLAIMS.map((name) => `${name}: <sip:+1999@carrier>`)
const claimsIn = (text = '') => CLAIMS.filter((name) => headerOf(text, name).length > 0)

describe('an identity that a side claims', () => {
  it.each([
    ['the caller, whom nobody trusts', 'caller', [], { asked: [], answered: CLAIMS.slice(0, 4) }],
    ['the backend, for a caller whom nobody trusts', 'backend', [], { asked: CLAIMS.slice(0, 4), answered: [] }],
    ['the backend, which wants privacy', 'backend', ['Privacy: id'], { asked: [], answered: [] }],
  ] as const)('in a request of %s, and in the response to it', async (_whose, side, privacy, kept) => {
    const info = inside(side, { method: 'INFO', extra: [...CLAIMED, ...privacy] })
    const relayed = await harness.sent('INFO')
    expect(claimsIn(relayed.text)).toEqual(kept.asked)
    harness.server.answer(relayed, 200, { extra: CLAIMED })
    await harness.receives(info, [200])
    expect(claimsIn(info.responses[0])).toEqual(kept.answered)
  })

  it('by the backend in a refusal with two Privacy headers goes to nobody outside', async () => {
    const info = inside('caller', { method: 'INFO' })
    harness.server.answer(await harness.sent('INFO'), 403, { extra: [...CLAIMED, 'Privacy: none', 'Privacy: id'] })
    await harness.receives(info, [403])
    expect(claimsIn(info.responses[0])).toEqual([])
  })
})

describe('any other request inside the call', () => {
  it('goes to the other side with its headers and body, and its answer comes back', async () => {
    const info = inside('caller', {
      method: 'INFO',
      body: 'Signal=5\r\n',
      extra: ['Content-Type: application/dtmf-relay', 'P-Asserted-Identity: <sip:+1999@carrier>'],
    })
    const relayed = await harness.sent('INFO')
    expect([relayed.dialogId, relayed.text.endsWith('Signal=5\r\n')]).toEqual([call.invite.dialogId, true])
    expect(headerOf(relayed.text, 'P-Asserted-Identity')).toEqual([])
    harness.server.answer(relayed, 415, { extra: ['Accept: text/plain'] })
    await harness.receives(info, [415])
    expect(headerOf(info.responses[0] ?? '', 'Accept')).toEqual(['text/plain'])
  })

  it('gets 481 where the server cannot send it', async () => {
    harness.server.manners.refusesRequests = 'Server error: unable to find dialog for dialog id provided'
    const info = inside('caller', { method: 'INFO' })
    await harness.receives(info, [481])
    expect(harness.engine.unfinishedTransactions).toBe(1)
  })

  it('that the server does not send, for what is in it, ends no dialog', async () => {
    const info = inside('caller', { method: 'INFO', body: 'Signal=5\r\n' })
    await harness.receives(info, [500])
    expect(harness.server.failures).toEqual(['Server error: missing content-type'])
  })

  it.each([
    [503, 500],
    [408, 408],
  ])('whose far end the server answers for with %i gets %i', async (own, status) => {
    const info = inside('backend', { method: 'INFO' })
    harness.server.unreachable(await harness.sent('INFO'), own)
    await harness.receives(info, [status])
    expect(harness.engine.unfinishedTransactions).toBe(1)
  })

  it('is part of what a shutdown waits for, as the call is', async () => {
    expect(harness.engine.unfinishedTransactions).toBe(1)
    inside('caller', { method: 'INFO' })
    const relayed = await harness.sent('INFO')
    expect(harness.engine.unfinishedTransactions).toBe(2)
    harness.server.answer(relayed, 200)
    await until(() => harness.engine.unfinishedTransactions === 1)
  })
})
