import { afterEach, describe, expect, it } from '@jest/globals'
import { createMetrics } from '../../../ingress/metrics/metrics.ts'
import { until } from '../../support/cache-parts.ts'
import { realDrachtioServer } from '../../support/config.ts'
import { startDrachtioStage } from '../../support/drachtio-stage.ts'
import { CAPABILITIES, type EngineName } from '../../support/engine-capabilities.ts'
import type { EngineStage, StageOptions } from '../../support/engine-stage.ts'
import { sampleValue } from '../../support/exposition-text.ts'
import { headerOf, statusOf } from '../../support/sip-text.ts'
import { startNativeStage, startRealDrachtioStage } from '../../support/wire-stage.ts'

type Start = (options?: StageOptions) => Promise<EngineStage>

const real = realDrachtioServer()

type Engine = readonly [title: string, name: EngineName, start: Start]

const REAL: readonly Engine[] = real
  ? [['a real drachtio-server', 'drachtio', (options) => startRealDrachtioStage(real, options)]]
  : []

const ENGINES: readonly Engine[] = [
  ['the native engine', 'native', startNativeStage],
  ['the drachtio engine', 'drachtio', startDrachtioStage],
  ...REAL,
]

let stage: EngineStage

afterEach(() => stage.close())

describe.each(ENGINES)('%s', (_title, name, start) => {
  it('answers a call that no rule matches with 503, and a Warning that says why', async () => {
    stage = await start()
    const final = await (await stage.send({ uri: 'sip:+44123@127.0.0.1' })).final()
    expect([statusOf(final), headerOf(final, 'Warning')[0]]).toEqual([503, expect.stringContaining('"no_rule id1"')])
    expect(stage.calls()).toMatchObject([{ outcome: 'no_rule', status: 503, trunk: 'default/carrier' }])
  })

  it('relays ringing and the answer of a backend, and a call can be ended', async () => {
    stage = await start()
    const caller = await stage.send()
    const invite = await stage.invited(0)
    await invite.answer(180)
    await caller.receives(180)
    await invite.answer(200)
    await caller.final()
    expect(caller.statuses()).toEqual([180, 200])
    await caller.inside('ACK')
    await invite.gets('ACK')
    const bye = await caller.inside('BYE')
    await invite.gets('BYE')
    expect(statusOf(await bye.final())).toBe(200)
    await until(() => stage.calls().length > 0)
    expect(stage.calls()).toMatchObject([{ outcome: 'forwarded', status: 200, rule: 'default/route' }])
  })

  it('takes a call whose From has no tag, from the INVITE to the BYE', async () => {
    stage = await start()
    const caller = await stage.send({ from: '<sip:+15559876543@127.0.0.1>' })
    const invite = await stage.invited(0)
    await invite.answer(200)
    await caller.final()
    await caller.inside('ACK')
    await invite.gets('ACK')
    const bye = await caller.inside('BYE')
    await invite.gets('BYE')
    expect(statusOf(await bye.final())).toBe(200)
  })

  it('carries the whole subscriber of a tel URI in the user part (RFC 3261 §19.1.6)', async () => {
    stage = await start()
    await stage.send({ uri: 'tel:+1-555-123-4567;rn=+12025550199;NPDI;ext=7' })
    const { text } = await stage.invited(0)
    expect(text).toMatch(/^INVITE sip:\+1-555-123-4567;ext=7;npdi;rn=\+12025550199@[\d.]+:\d+ /)
  })

  it('refuses a user that cannot be read, and can leave out the one that it got', async () => {
    stage = await start({ route: { requestUser: '' } })
    expect(statusOf(await (await stage.send({ uri: 'sip:++15551234567@127.0.0.1' })).final())).toBe(503)
    expect(stage.calls()).toMatchObject([{ outcome: 'no_rule', noRuleReason: 'called_unreadable' }])
    await stage.send({ callId: 'without-user' })
    expect((await stage.invited(0)).text).toMatch(/^INVITE sip:[\d.]+:\d+ /)
  })

  it('fails over on what the rule names, and hides the Retry-After of a backend', async () => {
    stage = await start()
    const caller = await stage.send()
    await (await stage.invited(0)).answer(503, { extra: ['Retry-After: 9'] })
    await (await stage.invited(1)).answer(503, { extra: ['Retry-After: 9'] })
    const final = await caller.final()
    expect([statusOf(final), headerOf(final, 'Retry-After')]).toEqual([503, []])
    await until(() => stage.calls().length > 0)
    const refused = { result: 'refused', status: 503 }
    expect(stage.calls()).toMatchObject([{ outcome: 'no_backend', status: 503, attempts: [refused, refused] }])
    expect(new Set(stage.calls()[0]?.attempts.map(({ backend }) => backend)).size).toBe(2)
    // Both have asked to be left alone, so that nobody is left to try.
    expect(statusOf(await (await stage.send({ callId: 'paused' })).final())).toBe(503)
    const paused = { result: 'paused' }
    await until(() => stage.calls().length > 1)
    expect(stage.calls()[1]).toMatchObject({ outcome: 'no_backend', attempts: [], passedOver: [paused, paused] })
  })

  it('relays a refusal that the rule does not name, and asks nobody else', async () => {
    stage = await start()
    const caller = await stage.send({ extra: ['X-Mark: busy'] })
    await (await stage.invited(0)).answer(486)
    expect(statusOf(await caller.final())).toBe(486)
    expect(stage.hasInvited(1, 'busy')).toBe(false)
  })

  it('leaves a dead backend for the next', async () => {
    stage = await start({ route: { backendTimeout: 3_000 } })
    const caller = await stage.send()
    await stage.invited(0)
    await (await stage.invited(1)).answer(200)
    expect(statusOf(await caller.final())).toBe(200)
  })

  it('leaves a backend where nothing listens at once, as a failure of the transport', async () => {
    stage = await start({ route: { failoverOn: ['transport'] } })
    stage.lose(0)
    const caller = await stage.send()
    await (await stage.invited(1)).answer(200)
    expect(statusOf(await caller.final())).toBe(200)
    const attempts = stage.events.flatMap((event) => (event.type === 'backend-attempt' ? [event.result] : []))
    expect(attempts).toEqual(['transport', 'answered'])
    await until(() => stage.calls().length > 0)
    const [call] = stage.calls()
    expect(call).toMatchObject({
      outcome: 'forwarded',
      attempts: [
        { result: 'transport', status: 0 },
        { result: 'answered', status: 200 },
      ],
    })
    const [dead, good] = call?.attempts ?? []
    expect(good?.backend).toBe(call?.backend)
    const times = [call?.decidedAt, dead?.beganAt, dead?.endedAt, good?.beganAt, good?.endedAt, call?.endedAt]
    expect(times).toEqual(times.toSorted((a = 0, b = 0) => a - b))
  })

  it('shows a backend as down once a call has found nobody there, and the one that took it as up', async () => {
    stage = await start({ route: { failoverOn: ['transport'] } })
    stage.lose(0)
    const caller = await stage.send()
    await (await stage.invited(1)).answer(180)
    await caller.receives(180)
    const metrics = createMetrics({
      ...{
        version: '1.2.3',
        engine: name,
        installation: '',
        ruleSeries: 1,
        now: () => performance.now(),
        wallClock: () => Date.now(),
      },
    })
    for (const event of stage.events) metrics.onEvent(event)
    const backends = [...new Set(stage.events.flatMap((event) => ('backend' in event ? [event.backend] : [])))]
    const text = await metrics.text()
    const up = backends.map((backend) => sampleValue(text, 'sip_dispatch_backend_up', { backend }))
    expect(up).toEqual([0, 1])
  })

  it('asks the second backend first, once a call has found nobody at the first', async () => {
    stage = await start({ route: { failoverOn: ['transport'] } })
    stage.lose(0)
    const first = await stage.send({ callId: 'finds-out', extra: ['X-Mark: first'] })
    await (await stage.invited(1, 'first')).answer(200)
    await first.final()
    const second = await stage.send({ callId: 'knows', extra: ['X-Mark: second'] })
    await (await stage.invited(1, 'second')).answer(200)
    await second.final()
    await until(() => stage.calls().length > 1)
    expect(stage.calls()[1]).toMatchObject({
      attempts: [{ result: 'answered' }],
      passedOver: [{ result: 'ejected' }],
    })
  })

  it('asks a backend by OPTIONS whether it is alive, and tells its answer', async () => {
    stage = await start()
    const results = stage.probe(0)
    const asked = await stage.asked(0)
    expect(asked.text).toMatch(/^OPTIONS sip:[\d.]+:\d+ SIP/)
    expect(headerOf(asked.text, 'Max-Forwards')).toEqual(['0'])
    await asked.answer(405)
    expect(await results).toEqual({ type: 'answered', status: 405 })
  })

  it('asks for a user of choice, which a proxy may pass on', async () => {
    stage = await start()
    const results = stage.probe(1, { user: 'ping' })
    const asked = await stage.asked(1)
    expect(asked.text).toMatch(/^OPTIONS sip:ping@[\d.]+:\d+ SIP/)
    expect(headerOf(asked.text, 'Max-Forwards')).toEqual(['70'])
    await asked.answer(200)
    expect(await results).toEqual({ type: 'answered', status: 200 })
  })

  it('tells a backend that is silent, and one where nobody is', async () => {
    stage = await start()
    expect(await stage.probe(1, { timeoutMs: 50 })).toEqual({ type: 'timeout' })
    stage.lose(0)
    expect(await stage.probe(0)).toEqual({ type: 'transport' })
  })

  it('tells who said nothing at all of a call that nobody took', async () => {
    stage = await start({ route: { backendTimeout: 300, failoverOn: ['timeout'] } })
    await (await stage.send()).final()
    await until(() => stage.calls().length > 0)
    const silent = { result: 'timeout', status: 0 }
    expect(stage.calls()).toMatchObject([{ outcome: 'no_backend', backend: '', attempts: [silent, silent] }])
  })

  it('has no attempts where no backend is asked', async () => {
    stage = await start()
    await (await stage.send({ uri: 'sip:+44123@127.0.0.1' })).final()
    expect(stage.calls()).toMatchObject([{ outcome: 'no_rule', attempts: [], passedOver: [] }])
  })

  it('acknowledges with the answer that the ACK carries, to an offer of the backend', async () => {
    stage = await start()
    const caller = await stage.send()
    const invite = await stage.invited(0)
    await invite.answer(200, { body: 'v=0\r\n', extra: ['Content-Type: application/sdp'] })
    expect((await caller.final()).endsWith('v=0\r\n')).toBe(true)
    await caller.inside('ACK', { body: 'v=1\r\n', extra: ['Content-Type: application/sdp'] })
    expect((await invite.gets('ACK')).endsWith('v=1\r\n')).toBe(true)
  })

  it('ends a call that rings too long with 408', async () => {
    stage = await start({ route: { ringingTimeout: 2_000 } })
    const caller = await stage.send()
    const invite = await stage.invited(0)
    await invite.answer(180)
    await invite.gets('CANCEL')
    await invite.answer(487)
    expect(statusOf(await caller.final())).toBe(408)
  })

  it('lets a caller cancel', async () => {
    stage = await start()
    const caller = await stage.send()
    const invite = await stage.invited(0)
    await invite.answer(180)
    await caller.receives(180)
    await caller.cancel()
    await invite.gets('CANCEL')
    await invite.answer(487)
    expect(statusOf(await caller.final())).toBe(487)
    await until(() => stage.calls().length > 0)
    const attempts = [{ result: 'cancelled' }]
    expect(stage.calls()).toMatchObject([{ outcome: 'cancelled', status: 487, attempts }])
  })

  it('answers OPTIONS of a known peer, and refuses calls and OPTIONS while draining', async () => {
    stage = await start()
    expect(statusOf(await (await stage.send({ method: 'OPTIONS' })).final())).toBe(200)
    stage.drain()
    expect(statusOf(await (await stage.send({ method: 'OPTIONS' })).final())).toBe(503)
    expect(statusOf(await (await stage.send()).final())).toBe(503)
  })

  it('refuses what else a known peer sends outside a dialog with 405', async () => {
    stage = await start()
    const final = await (await stage.send({ method: 'MESSAGE' })).final()
    expect([statusOf(final), headerOf(final, 'Allow')]).toEqual([405, [expect.stringContaining('INVITE')]])
  })

  it('sends no call on that has no hops left', async () => {
    stage = await start()
    expect(statusOf(await (await stage.send({ maxForwards: 0 })).final())).toBe(483)
  })

  it.each(CAPABILITIES.map((capability) => [capability.name, capability[name], capability] as const))(
    'does what docs/engines.md says of: %s: %p',
    async (_name, expected, { shown, options }) => {
      stage = await start(options)
      expect(await shown(stage)).toBe(expected)
    },
  )
})
