import { afterEach, describe, expect, it } from '@jest/globals'
import { startDrachtioEngine } from '../../../ingress/sip/drachtio/drachtio-engine.ts'
import { until } from '../../support/cache-parts.ts'
import {
  answerDrachtioCall,
  type DrachtioHarness,
  drachtioConfig,
  startDrachtioHarness,
} from '../../support/drachtio-harness.ts'
import { applicationOn, countingRandom } from '../../support/engine-harness.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness

/** A process where servers connect; this one has not yet. */
async function startOutbound(): Promise<DrachtioHarness> {
  const listen = [{ host: '127.0.0.1', port: 0 }]
  harness = await startDrachtioHarness({ ready: false, config: { servers: [], listen } })
  return harness
}

const port = (): number => Number(/:(\d+)$/.exec(harness.engine.listening[0] ?? '')?.[1])

afterEach(() => harness.close())

describe('the outbound mode', () => {
  it('is ready without a connection, and takes the call of a server that connects', async () => {
    const { engine, server, receives, calls } = await startOutbound()
    expect([engine.unready, engine.listening[0]]).toEqual([
      [],
      expect.stringMatching(/^drachtio:\/\/127\.0\.0\.1:\d+$/),
    ])
    await server.connectTo(port())
    await until(() => server.secrets.length === 1)
    const caller = server.receive(requestText({ uri: 'sip:+44@192.0.2.1' }))
    await receives(caller, [100, 503])
    expect(calls()).toMatchObject([{ outcome: 'no_rule' }])
    expect(server.routes()).toEqual([])
  })

  it('closes the connection of a call that is over, and not before', async () => {
    const { server, clock } = await startOutbound()
    await server.connectTo(port())
    await until(() => server.secrets.length === 1)
    const { caller } = await answerDrachtioCall(harness)
    clock.advance(10_000)
    const bye = server.receive(requestText({ method: 'BYE', cseq: 2 }), {}, caller.dialogId)
    await harness.receives(bye, [200])
    expect(server.open()).toBe(1)
    clock.advance(5_000)
    await until(() => server.open() === 0)
  })

  it('tells of a server that refuses the secret', async () => {
    const { server, faults } = await startOutbound()
    server.manners.secret = 'other'
    await server.connectTo(port())
    await until(() => faults().includes('drachtio-secret-refused'))
    await until(() => server.open() === 0)
    expect(faults()).toEqual(['drachtio-secret-refused'])
  })

  it('cannot begin where the address is taken', async () => {
    await startOutbound()
    const clock = new FakeClock()
    const config = drachtioConfig({ listen: [{ host: '127.0.0.1', port: port() }] })
    const { application } = applicationOn(clock, {})
    const started = startDrachtioEngine({ application, clock, random: countingRandom(), config })
    await expect(started).rejects.toMatchObject({ code: 'drachtio-listen-failed' })
  })
})

describe('a process that ends', () => {
  it('answers the calls that ring with 503, and tells so, before it goes', async () => {
    harness = await startDrachtioHarness()
    const { server, sent, engine, calls, receives } = harness
    const caller = server.receive(requestText())
    server.answer(await sent('INVITE'), 180)
    await receives(caller, [100, 180])
    await engine.close()
    await receives(caller, [100, 180, 503])
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
    await sent('CANCEL')
    await until(() => server.open() === 0)
  })

  it('ends both legs of the calls that were answered, as nobody else could', async () => {
    harness = await startDrachtioHarness()
    const { caller, invite } = await answerDrachtioCall(harness)
    // The server's word that the 200 is out has come with it: until then the call rings.
    await harness.pass(1)
    await harness.engine.close()
    await harness.sent('BYE', 2)
    const ended = harness.server.sent.filter(({ method }) => method === 'BYE').map(({ dialogId }) => dialogId)
    expect(ended.toSorted()).toEqual([caller.dialogId, invite.dialogId].toSorted())
  })

  it('does not wait for ever for a server that hangs', async () => {
    harness = await startDrachtioHarness()
    const { server, sent, clock, events } = harness
    server.receive(requestText())
    await sent('INVITE')
    server.manners.silent = true
    const closed = harness.engine.close()
    clock.advance(1_000)
    await closed
    expect(events.filter(({ type }) => type === 'unanswered')).toHaveLength(1)
  })

  it('dials no more', async () => {
    harness = await startDrachtioHarness()
    const { server, engine, clock } = harness
    await engine.close()
    clock.advance(60_000)
    expect([server.accepted(), clock.pending]).toEqual([1, 0])
  })
})
