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

afterEach(() => harness.close())

const backend = (address: string, tier: number) => ({
  uri: `sip:${address.includes(':') ? `[${address}]` : address}:5080`,
  address,
  port: 5080,
  uriParameters: '',
  weight: 1,
  tier,
})

async function start(
  addresses: readonly string[],
  change: Parameters<typeof routeAction>[0] = {},
  options: DrachtioHarnessOptions = {},
): Promise<DrachtioHarness> {
  const action = routeAction({ backends: addresses.map(backend), ...change })
  harness = await startDrachtioHarness({ entries: [trunkEntry(), ruleEntry({ action })], ...options })
  return harness
}

const attempts = () =>
  harness.events.flatMap((event) =>
    event.type === 'backend-attempt' ? [`${event.backend} ${event.result} ${event.status}`] : [],
  )

describe('a target that the server cannot reach', () => {
  it('is left for the next, as a failure of the transport, though the server puts it as a 503', async () => {
    const { server, sent, receives } = await start(['10.0.0.1', '10.0.0.2'], { failoverOn: ['transport'] })
    const caller = server.receive(requestText())
    server.unreachable(await sent('INVITE'))
    server.answer(await sent('INVITE', 2), 200, { extra: ['Contact: <sip:10.0.0.2>'] })
    await receives(caller, [100, 200])
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 transport 0', 'sip:10.0.0.2:5080 answered 200'])
  })

  it('is not a 503 of the backend: a rule that fails over on those only does not go on', async () => {
    const { server, sent, receives } = await start(['10.0.0.1', '10.0.0.2'], { failoverOn: ['503'] })
    const caller = server.receive(requestText())
    server.unreachable(await sent('INVITE'))
    // RFC 3261 §16.9, §16.7 step 6.
    await receives(caller, [100, 500])
    expect(server.sent).toHaveLength(1)
  })

  it.each(['', '\r\n\r\n'])('is left for the next where the response is a start line and %j', async (end) => {
    const { server, sent, receives } = await start(['10.0.0.1', '10.0.0.2'])
    const caller = server.receive(requestText())
    const { transactionId, dialogId } = await sent('INVITE')
    const facts = `network|0|udp||0|12:00:00.123456|${transactionId}|${dialogId}|`
    server.send(`told|sip|${facts}\r\nSIP/2.0 503 Service Unavailable${end}`)
    server.answer(await sent('INVITE', 2), 200, { extra: ['Contact: <sip:10.0.0.2>'] })
    await receives(caller, [100, 200])
    expect(attempts()[0]).toBe('sip:10.0.0.1:5080 transport 0')
  })

  it('gets the caller the answer of its trunk where there is no other', async () => {
    const { server, sent, receives, calls } = await start(['10.0.0.1'])
    const caller = server.receive(requestText())
    server.unreachable(await sent('INVITE'))
    await receives(caller, [100, 503])
    expect(headerOf(caller.responses[1] ?? '', 'Warning')[0]).toContain('no_backend')
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'no_backend', reason: 'no backend took the call' }])
  })

  it('and that is silent until Timer B, is a time-out, though the server puts it as a 408', async () => {
    const { server, sent } = await start(['10.0.0.1', '10.0.0.2'], { failoverOn: ['timeout'], backendTimeout: 60_000 })
    server.receive(requestText())
    server.unreachable(await sent('INVITE'), 408)
    await sent('INVITE', 2)
    expect(attempts()).toEqual(['sip:10.0.0.1:5080 timeout 0'])
  })

  it('is nothing that a caller who has cancelled waits for', async () => {
    const { server, sent, calls, pass } = await start(['10.0.0.1'])
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    server.cancel(caller)
    await sent('CANCEL')
    server.unreachable(invite)
    await until(() => attempts().length > 0)
    await pass(40_000)
    expect([attempts(), calls().length, harness.clock.pending]).toEqual([['sip:10.0.0.1:5080 cancelled 503'], 1, 1])
  })
})

describe('an IPv6 backend, at whose ACK a drachtio-server ends', () => {
  it('is passed over while another is there, and that is told once a minute', async () => {
    const { server, sent, receives, events, clock } = await start(['2001:db8::1', '10.0.0.2', '2001:db8::3'])
    const call = async (n: number): Promise<void> => {
      const caller = server.receive(requestText({ callId: `call-${n}` }))
      const invite = await sent('INVITE', n)
      expect(invite.text).toMatch(/^INVITE \S+@10\.0\.0\.2:5080 /)
      server.answer(invite, 200, { extra: ['Contact: <sip:10.0.0.2>'] })
      await receives(caller, [100, 200])
    }
    await call(1)
    await call(2)
    const told = () => events.flatMap((event) => (event.type === 'fault' ? [`${event.code} ${event.message}`] : []))
    const why = expect.stringMatching(
      /^drachtio-ipv6-backend sip:\[2001:db8::1\]:5080: .*--disable-nat-detection.*--drachtio-ipv6-backends try$/,
    )
    expect(told()).toEqual([why])
    await harness.pass(60_000)
    await call(3)
    expect(told()).toEqual([why, why])
    expect(attempts().slice(0, 2)).toEqual(['sip:[2001:db8::1]:5080 passed_over 0', 'sip:10.0.0.2:5080 answered 200'])
    expect([server.open(), clock.now()]).toEqual([1, 60_000])
  })

  it('leaves the caller with the answer of the trunk where there is no other, and the log says why', async () => {
    const { server, receives, calls } = await start(['2001:db8::1', '::1'])
    const caller = server.receive(requestText())
    await receives(caller, [100, 503])
    expect(headerOf(caller.responses[1] ?? '', 'Warning')[0]).toContain('no_backend')
    await until(() => calls().length > 0)
    const reason = expect.stringContaining('IPv6 backends were passed over')
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 503, backend: '', reason }])
    expect([server.sent, attempts()]).toEqual([
      [],
      ['sip:[2001:db8::1]:5080 passed_over 0', 'sip:[::1]:5080 passed_over 0'],
    ])
  })

  it('is as good as any other in its IPv4 form', async () => {
    const { server, sent } = await start(['::ffff:10.0.0.1'])
    server.receive(requestText())
    expect((await sent('INVITE')).text).toMatch(/^INVITE \S+@10\.0\.0\.1:5080 /)
  })

  it('is tried where whoever starts the servers says that they survive it', async () => {
    const options = { config: { ipv6Backends: true }, server: { detectsNat: false } }
    const { server, sent, receives, faults } = await start(['2001:db8::1'], {}, options)
    const caller = server.receive(requestText())
    const invite = await sent('INVITE')
    expect(invite.text).toMatch(/^INVITE \S+@\[2001:db8::1\]:5080 /)
    server.answer(invite, 200, { extra: ['Contact: <sip:[2001:db8::1]>'] })
    await receives(caller, [100, 200])
    server.receive(requestText({ method: 'ACK' }), {}, caller.dialogId)
    await sent('ACK')
    expect([server.open(), faults()]).toEqual([1, []])
  })
})
