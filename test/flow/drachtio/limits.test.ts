/** Limits with the drachtio engine. test/flow/limits.test.ts has the native one, and says more. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import { answerDrachtioCall, type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness

beforeEach(async () => {
  const responses = {
    ...trunkEntry().responses,
    overLimit: { status: 503, reason: 'Service Unavailable', retryAfter: 7 },
  }
  const limits = { concurrent: { calls: 1, maxCallSeconds: 600 }, scope: 'Pod' } as const
  harness = await startDrachtioHarness({ entries: [trunkEntry({ responses, limits }), ruleEntry()] })
})

afterEach(() => harness.close())

const counted = (): number => harness.limits.countedCalls

describe('a limit of calls at the same time', () => {
  it.each(['caller', 'backend'] as const)('counts a call until the %s hangs up', async (side) => {
    const { caller, invite } = await answerDrachtioCall(harness)
    expect(counted()).toBe(1)
    const refused = harness.server.receive(requestText({ callId: 'second' }))
    await harness.receives(refused, [100, 503])
    expect(headerOf(refused.responses.at(-1) ?? '', 'Retry-After')).toEqual(['7'])
    const text = requestText({ method: 'BYE', cseq: 2, to: '<sip:far@192.0.2.1>;tag=there', callId: `${side}-leg` })
    const from = side === 'caller' ? {} : { address: '10.0.0.1', port: 5080 }
    const bye = harness.server.receive(text, from, side === 'caller' ? caller.dialogId : invite.dialogId)
    await harness.receives(bye, [200])
    expect(counted()).toBe(0)
  })

  it('counts no call that the server has ended by itself', async () => {
    const { caller } = await answerDrachtioCall(harness)
    harness.server.endDialog(caller.dialogId)
    await harness.sent('BYE')
    expect(counted()).toBe(0)
  })

  it('counts no call that the caller has cancelled', async () => {
    const caller = harness.server.receive(requestText())
    const invite = await harness.sent('INVITE')
    harness.server.answer(invite, 180)
    await harness.receives(caller, [100, 180])
    expect(counted()).toBe(1)
    harness.server.cancel(caller)
    await until(() => counted() === 0)
  })

  it('costs nothing for a re-INVITE', async () => {
    const { caller, invite } = await answerDrachtioCall(harness)
    const text = requestText({ method: 'INVITE', cseq: 2, to: '<sip:far@192.0.2.1>;tag=there' })
    const again = harness.server.receive(text, {}, caller.dialogId)
    harness.server.answer(await harness.sent('INVITE', 2), 200, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] })
    await harness.receives(again, [100, 200])
    expect([counted(), invite.dialogId === caller.dialogId]).toEqual([1, false])
  })

  it('counts no call that a backend has refused', async () => {
    const caller = harness.server.receive(requestText())
    harness.server.answer(await harness.sent('INVITE'), 486)
    await harness.receives(caller, [100, 486])
    await until(() => counted() === 0)
    expect(harness.calls()).toMatchObject([{ outcome: 'forwarded', status: 486 }])
  })
})
