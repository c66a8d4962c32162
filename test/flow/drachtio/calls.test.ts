import { afterEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import {
  type DrachtioHarness,
  type DrachtioHarnessOptions,
  startDrachtioHarness,
} from '../../support/drachtio-harness.ts'
import { routeAction, ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness

async function start(options: DrachtioHarnessOptions = {}): Promise<DrachtioHarness> {
  harness = await startDrachtioHarness(options)
  return harness
}

/** With a route changed. */
function routed(change: Parameters<typeof routeAction>[0], rule: Parameters<typeof ruleEntry>[0] = {}) {
  return start({ entries: [trunkEntry(), ruleEntry({ action: routeAction(change), ...rule })] })
}

const attempts = () =>
  harness.events.flatMap((event) =>
    event.type === 'backend-attempt' ? [`${event.backend} ${event.result} ${event.status}`] : [],
  )

afterEach(() => harness.close())

describe('a call that a rule routes', () => {
  it('rings and is answered as its backend says, and no ringing is invented', async () => {
    const { server, sent, receives, calls, events } = await start()
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    expect(invite.text).toMatch(/^INVITE sip:\+15551234567@10\.0\.0\.1:5080 SIP\/2\.0\r\n/)
    expect(caller.statuses()).toEqual([100])
    server.answer(invite, 180)
    server.answer(invite, 200, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] })
    await receives(caller, [100, 180, 200])
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 200, backend: 'sip:10.0.0.1:5080' }])
    expect(events.filter(({ type }) => type === 'first-response')).toHaveLength(1)
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 answered 200'])
  })

  it('keeps its headers and body, loses what belongs to a leg, and gets what the rule sets', async () => {
    const action = {
      setHeaders: [{ name: 'X-Trunk', value: '{trunk}' }],
      removeHeaders: ['X-Internal'],
      requestUser: 'é{called}',
    }
    const { server, sent } = await routed(action)
    const body = 'v=0\r\ns=München\r\n'
    const extra = [
      'X-Internal: yes',
      'X-Kept: one',
      'X-Kept: two, three',
      'P-Asserted-Identity: <sip:+1999@carrier>',
      'Route: <sip:192.0.2.1;lr>',
      'Supported: timer, 100rel',
      'Content-Type: application/sdp',
    ]
    const text = Buffer.from(requestText({ maxForwards: 20, extra, body }), 'latin1').toString('latin1')
    server.receive(text.replace(/Content-Length: \d+/, `Content-Length: ${Buffer.byteLength(body)}`))
    const { text: invite } = await sent('INVITE')
    expect(invite).toMatch(/^INVITE sip:%C3%A9\+15551234567@10\.0\.0\.1:5080 SIP\/2\.0\r\n/)
    expect(
      ['X-Trunk', 'X-Internal', 'P-Asserted-Identity', 'Route', 'Max-Forwards'].map((name) => headerOf(invite, name)),
    ).toEqual([['default/carrier'], [], [], [], ['19']])
    expect([headerOf(invite, 'X-Kept'), headerOf(invite, 'Supported')]).toEqual([['one', 'two, three'], ['timer']])
    expect(headerOf(invite, 'From')[0]).toMatch(/^<sip:\+15559876543@198\.51\.100\.7>;tag=uac/)
    expect(invite.endsWith(body)).toBe(true)
  })

  it('is refused as its backend refuses it where the rule does not fail over on that', async () => {
    const { server, sent, receives, calls } = await start()
    const caller = server.receive(requestText())
    server.answer(await sent('INVITE'), 486, { extra: ['X-Why: busy'] })
    await receives(caller, [100, 486])
    expect(headerOf(caller.responses[1] ?? '', 'X-Why')).toEqual(['busy'])
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 486 }])
    expect(server.sent).toHaveLength(1)
  })
})

describe('failover', () => {
  it('goes to the next target on a status that the rule names, one at a time, and hides the Retry-After', async () => {
    const { server, sent, receives, events, calls } = await start()
    const caller = server.receive(requestText())
    const first = await sent('INVITE')
    expect(server.sent).toHaveLength(1)
    server.answer(first, 503, { extra: ['Retry-After: 30'] })
    const second = await sent('INVITE', 2)
    expect(second.text).toMatch(/^INVITE sip:\+15551234567@10\.0\.0\.2:5080 /)
    server.answer(second, 503, { extra: ['Retry-After: 30'] })
    await receives(caller, [100, 503])
    expect(headerOf(caller.responses[1] ?? '', 'Retry-After')).toEqual([])
    expect(headerOf(caller.responses[1] ?? '', 'Warning')[0]).toContain('no_backend')
    expect(events.filter(({ type }) => type === 'backend-health')).toHaveLength(2)
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
  })

  it('leaves a backend behind that has said nothing in the time of the rule', async () => {
    const { server, sent, receives, clock } = await start()
    const caller = server.receive(requestText())
    await sent('INVITE')
    clock.advance(2000)
    const second = await sent('INVITE', 2)
    server.answer(second, 200, { extra: ['Contact: <sip:10.0.0.2>'] })
    await receives(caller, [100, 200])
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 timeout 0', 'sip:10.0.0.2:5080 answered 200'])
    // The one that was left behind is cancelled, and whatever it answers late is acknowledged.
    await sent('CANCEL')
  })

  it('takes the late answer of a backend that was left behind', async () => {
    const { server, sent, receives, clock, calls } = await start()
    const caller = server.receive(requestText())
    const first = await sent('INVITE')
    clock.advance(2000)
    const second = await sent('INVITE', 2)
    server.answer(first, 200, { extra: ['Contact: <sip:10.0.0.1>'] })
    await receives(caller, [100, 200])
    await until(() =>
      server.sent.some(({ method, transactionId }) => method === 'CANCEL' && transactionId === second.transactionId),
    )
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'forwarded', backend: 'sip:10.0.0.1:5080' }])
    expect(attempts()).toContain('sip:10.0.0.1:5080 late 200')
  })

  it('acknowledges and ends the call of a second backend that answers', async () => {
    const { server, sent, receives, clock } = await start()
    const caller = server.receive(requestText())
    const first = await sent('INVITE')
    clock.advance(2000)
    const second = await sent('INVITE', 2)
    server.answer(second, 200, { extra: ['Contact: <sip:10.0.0.2>'] })
    await receives(caller, [100, 200])
    await sent('CANCEL')
    server.answer(first, 200, { extra: ['Contact: <sip:10.0.0.1>'] })
    const ack = await sent('ACK')
    expect(ack.dialogId).toBe(first.dialogId)
    expect(caller.statuses()).toEqual([100, 200])
  })

  it('ends a dead target and a dead rule with the answer of the trunk', async () => {
    const { server, receives, clock, calls, sent } = await start()
    const caller = server.receive(requestText())
    await sent('INVITE')
    clock.advance(2000)
    await sent('INVITE', 2)
    clock.advance(2000)
    await receives(caller, [100, 503])
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
  })

  it('goes on where the server cannot send to a target', async () => {
    const { server, receives, calls } = await start({
      server: { refusesRequests: 'requested protocol/transport not available' },
    })
    const caller = server.receive(requestText())
    await receives(caller, [100, 503])
    await until(() => calls().length > 0)
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 transport 0', 'sip:10.0.0.2:5080 transport 0'])
  })

  it('stops at a 6xx', async () => {
    const { server, sent, receives } = await routed({ failoverOn: ['timeout', '603'] })
    const caller = server.receive(requestText())
    server.answer(await sent('INVITE'), 603)
    await receives(caller, [100, 603])
    expect(server.sent).toHaveLength(1)
  })

  it('stops once a backend has rung, where the rule says so', async () => {
    const { server, sent, receives } = await routed({ failover: 'BeforeRinging' })
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.answer(invite, 180)
    server.answer(invite, 503)
    await receives(caller, [100, 180, 503])
    expect(server.sent).toHaveLength(1)
  })
})

describe('a call that rings too long', () => {
  it('is cancelled, and the caller gets 408 once the backend has ended it', async () => {
    const { server, sent, receives, calls, pass } = await start()
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.answer(invite, 180)
    await receives(caller, [100, 180])
    await pass(120_000)
    expect((await sent('CANCEL')).transactionId).toBe(invite.transactionId)
    server.answer(invite, 487)
    await receives(caller, [100, 180, 408])
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 408 }])
  })

  it('gets its 408 also from a backend that rings and never ends', async () => {
    const { server, sent, receives, pass } = await start()
    const caller = server.receive(requestText())
    server.answer(await sent('INVITE'), 180)
    await receives(caller, [100, 180])
    await pass(120_000)
    await sent('CANCEL')
    await pass(32_000)
    await receives(caller, [100, 180, 408])
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 timeout 0'])
  })
})

describe('a caller that cancels', () => {
  it('has its 487 from the server, and its backend gets a CANCEL with the reason', async () => {
    const { server, sent, calls, pass } = await start()
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.answer(invite, 180)
    await until(() => caller.statuses().includes(180))
    server.cancel(caller, ['Reason: SIP;cause=200;text="elsewhere"'])
    expect(headerOf((await sent('CANCEL')).text, 'Reason')).toEqual(['SIP;cause=200;text="elsewhere"'])
    server.answer(invite, 487)
    await until(() => attempts().length > 0)
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 cancelled 487'])
    expect(calls()).toMatchObject([{ outcome: 'cancelled', status: 487 }])
    await pass(600_000)
    expect([caller.statuses(), harness.engine.openTransactions]).toEqual([[100, 180, 487], 0])
  })

  it('before its backend has answered is cancelled at once, as the server holds the CANCEL back', async () => {
    const { server, sent, calls } = await start()
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.cancel(caller)
    await sent('CANCEL')
    server.answer(invite, 200, { extra: ['Contact: <sip:10.0.0.1>'] })
    // The server sends the BYE to an answer that has crossed a CANCEL.
    expect((await sent('ACK')).dialogId).toBe(invite.dialogId)
    expect(server.sent.map(({ method }) => method)).toEqual(['INVITE', 'CANCEL', 'ACK'])
    expect(calls()).toMatchObject([{ outcome: 'cancelled', status: 487 }])
  })
})

it('holds the INVITE with a second 100 before the server forgets it', async () => {
  const { server, sent, receives, pass } = await routed({ backendTimeout: 60_000 })
  const caller = server.receive(requestText())
  await sent('INVITE')
  await pass(32_000)
  await receives(caller, [100, 100])
  await pass(28_000)
  await sent('INVITE', 2)
  await pass(60_000)
  await receives(caller, [100, 100, 503])
  expect(attempts()).toEqual(['sip:10.0.0.1:5080 timeout 0', 'sip:10.0.0.2:5080 timeout 0'])
})
