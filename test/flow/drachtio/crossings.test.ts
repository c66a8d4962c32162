import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import { answerDrachtioCall, type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import { requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness

beforeEach(async () => {
  harness = await startDrachtioHarness()
})

afterEach(() => harness.close())

const AGENT = { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] }

/** Methods that were sent, INVITE excepted, with the dialog of each. */
const sentSince = (): string[] =>
  harness.server.sent.flatMap(({ method, dialogId }) => (method === 'INVITE' ? [] : [`${method} ${dialogId}`.trim()]))

describe('our CANCEL and a 200', () => {
  it('that cross end with the BYE of the server, and no second one', async () => {
    const { server, sent, clock, engine } = harness
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.answer(invite, 180)
    await harness.receives(caller, [100, 180])
    server.cancel(caller)
    await sent('CANCEL')
    server.answer(invite, 200, AGENT)
    await sent('ACK')
    await until(() => !server.hasDialog(invite.dialogId))
    await harness.receives(server.receive(requestText({ method: 'OPTIONS' })), [200])
    clock.advance(5_000)
    await harness.receives(server.receive(requestText({ method: 'OPTIONS' })), [200])
    expect([sentSince(), server.failures]).toEqual([['CANCEL', `ACK ${invite.dialogId}`], []])
    expect(engine.openTransactions).toBe(0)
  })

  it('of which the 200 was there first end with a BYE of ours, as the server sends none', async () => {
    const { server, sent, clock } = harness
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    // The application hears of both before it has said anything.
    server.cancel(caller)
    server.answer(invite, 200, AGENT)
    await sent('ACK')
    await until(() => server.failures.length === 1)
    expect(server.failures[0]).toContain('canceling transaction')
    clock.advance(1_000)
    expect((await sent('BYE')).dialogId).toBe(invite.dialogId)
  })

  it('of a backend that was left behind do not end the call that another one has taken', async () => {
    const { server, sent, clock, receives, engine } = harness
    const caller = server.receive(requestText())
    const first = await sent('INVITE')
    clock.advance(2_000)
    const second = await sent('INVITE', 2)
    server.answer(second, 200, { extra: ['Contact: <sip:10.0.0.2>'] })
    await receives(caller, [100, 200])
    await sent('CANCEL')
    server.answer(first, 200, AGENT)
    await until(() => sentSince().includes(`ACK ${first.dialogId}`))
    await until(() => !server.hasDialog(first.dialogId))
    const info = server.receive(requestText({ method: 'INFO', cseq: 2 }), {}, caller.dialogId)
    server.answer(await sent('INFO'), 200)
    await receives(info, [200])
    expect([engine.openTransactions, server.hasDialog(second.dialogId)]).toEqual([1, true])
  })
})

describe('a caller that is gone before it has acknowledged', () => {
  it.each([
    ['whose CANCEL has crossed the 200', 'cancel'],
    ['whose ACK never came', 'end'],
    ['which hangs up', 'bye'],
  ] as const)('%s: its backend gets the ACK, and then the BYE', async (_name, how) => {
    const { server, sent, engine } = harness
    const { caller, invite } = await answerDrachtioCall(harness)
    if (how === 'cancel') server.cancel(caller)
    else if (how === 'end') server.endDialog(caller.dialogId)
    else server.receive(requestText({ method: 'BYE', cseq: 2 }), {}, caller.dialogId)
    await sent('BYE')
    expect(sentSince()).toEqual([`ACK ${invite.dialogId}`, `BYE ${invite.dialogId}`])
    expect(engine.openTransactions).toBe(0)
  })

  it('at the end of the process: its backend gets the ACK before the BYE too', async () => {
    const { invite } = await answerDrachtioCall(harness)
    await harness.engine.close()
    await harness.sent('BYE', 2)
    expect(sentSince().filter((one) => one.endsWith(invite.dialogId))).toEqual([
      `ACK ${invite.dialogId}`,
      `BYE ${invite.dialogId}`,
    ])
  })
})

it('a call that is being answered while the process ends is ended on both legs', async () => {
  const { server, sent, engine, receives } = harness
  const caller = server.receive(requestText())
  const invite = await sent('INVITE')
  server.answer(invite, 200, AGENT)
  // The answer has gone out, and the word that it has is still on its way to the application.
  await receives(caller, [100, 200])
  await engine.close()
  await sent('BYE', 2)
  const ended = server.sent.flatMap(({ method, dialogId }) => (method === 'BYE' ? [dialogId] : []))
  expect(ended.toSorted()).toEqual([caller.dialogId, invite.dialogId].toSorted())
})

it('a 200 that comes again and again changes nothing: the server repeats the ACK', async () => {
  const { server, sent, engine } = harness
  const { caller, invite } = await answerDrachtioCall(harness)
  server.answer(invite, 200, AGENT)
  server.receive(requestText({ method: 'ACK' }), {}, caller.dialogId)
  await sent('ACK')
  server.answer(invite, 200, AGENT)
  server.receive(requestText({ method: 'ACK' }), {}, caller.dialogId)
  await harness.receives(server.receive(requestText({ method: 'OPTIONS' })), [200])
  expect([sentSince(), server.repeatedAcks(), engine.openTransactions]).toEqual([[`ACK ${invite.dialogId}`], 1, 1])
})
