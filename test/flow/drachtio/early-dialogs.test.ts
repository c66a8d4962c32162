import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import { handedRequest } from '../../support/drachtio-facts.ts'
import { type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import type { CallerTransaction, SentRequest } from '../../support/drachtio-server.ts'
import { headerOf, requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness
let caller: CallerTransaction
let invite: SentRequest

const BACKEND = { address: '10.0.0.1', port: 5080 }
const INSIDE = { to: '<sip:far@192.0.2.1>;tag=there', cseq: 2 }

beforeEach(async () => {
  harness = await startDrachtioHarness()
  caller = harness.server.receive(requestText())
  invite = await harness.sent('INVITE')
  harness.server.answer(invite, 183, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] })
  await harness.receives(caller, [100, 183])
})

afterEach(() => harness.close())

/** A request of the backend before it has answered. */
function ofBackend(method: string): CallerTransaction {
  const [callId = ''] = headerOf(invite.text, 'Call-ID')
  return harness.server.receive(requestText({ ...INSIDE, method, callId }), BACKEND, invite.dialogId)
}

/** A request of the caller in a dialog of which the server, seen so far, does not hand over any. */
function ofCaller(method: string): void {
  const request = requestText({ ...INSIDE, method })
  const place = { transactionId: `early-${method}`, dialogId: caller.dialogId }
  harness.server.send(`told|${handedRequest(request, {}, place)}`)
}

describe('before a backend has answered, in the dialog that its 183 has made', () => {
  it.each(['INFO', 'UPDATE', 'MESSAGE', 'NOTIFY', 'OPTIONS'])(
    '%s of the backend is told to come again, as the server has no dialog with the caller yet',
    async (method) => {
      const request = ofBackend(method)
      await harness.receives(request, [500])
      expect(headerOf(request.responses[0] ?? '', 'Retry-After')).toEqual(['1'])
      expect(harness.events.filter(({ type }) => type === 'dropped')).toEqual([])
    },
  )

  it('a PRACK gets 481, as no response of ours is reliable', async () => {
    await harness.receives(ofBackend('PRACK'), [481])
    expect(harness.server.sent).toHaveLength(1)
  })

  it('an INVITE of the backend gets 491, as ours has no final response yet', async () => {
    await harness.receives(ofBackend('INVITE'), [100, 491])
    expect(harness.server.sent).toHaveLength(1)
  })

  it('INFO of the caller reaches the backend that rings', async () => {
    ofCaller('INFO')
    expect((await harness.sent('INFO')).dialogId).toBe(invite.dialogId)
  })

  it('a BYE of the caller ends the call as a CANCEL does', async () => {
    ofCaller('BYE')
    expect((await harness.sent('CANCEL')).transactionId).toBe(invite.transactionId)
    await harness.receives(caller, [100, 183, 487])
    harness.server.answer(invite, 487)
    await until(() => harness.calls().length > 0)
    expect(harness.calls()).toMatchObject([{ outcome: 'cancelled', status: 487 }])
    expect(harness.engine.openTransactions).toBe(0)
  })

  it('a BYE of the backend is its refusal: the next one is tried', async () => {
    await harness.receives(ofBackend('BYE'), [200])
    expect((await harness.sent('INVITE', 2)).text).toMatch(/^INVITE \S+@10\.0\.0\.2:5080 /)
  })

  it('nothing is lost once it answers: the dialog is the same', async () => {
    const { server, receives, sent } = harness
    server.answer(invite, 200, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] })
    await receives(caller, [100, 183, 200])
    const info = ofBackend('INFO')
    const relayed = await sent('INFO')
    expect(relayed.dialogId).toBe(caller.dialogId)
    server.answer(relayed, 200)
    await receives(info, [200])
  })

  it('and once the call is over, it is no dialog of ours', async () => {
    const { server, receives, calls } = harness
    server.cancel(caller)
    await until(() => calls().length > 0)
    await receives(ofBackend('INFO'), [481])
    expect(harness.engine.openTransactions).toBe(0)
  })
})
