import { afterEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import {
  answerDrachtioCall,
  type DrachtioHarness,
  type DrachtioHarnessOptions,
  SECRET,
  startDrachtioHarness,
} from '../../support/drachtio-harness.ts'
import { type DrachtioServer, startDrachtioServer } from '../../support/drachtio-server.ts'
import { requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness
const others: DrachtioServer[] = []

async function start(options: DrachtioHarnessOptions = {}): Promise<DrachtioHarness> {
  harness = await startDrachtioHarness(options)
  return harness
}

/** Starts with a server that cannot be used as it is, and waits for the fault that says so. */
async function startWith(server: DrachtioHarnessOptions['server'], code: string): Promise<DrachtioHarness> {
  await start({ ready: false, ...(server ? { server } : {}) })
  await harness.comes(() => harness.faults().includes(code))
  return harness
}

/** Whether a call comes through: known caller, called number that no rule has. */
async function expectCalls(from: DrachtioServer = harness.server): Promise<void> {
  const caller = from.receive(requestText({ uri: 'sip:+44123@192.0.2.1' }))
  await harness.receives(caller, [100, 503])
}

afterEach(async () => {
  await harness.close()
  for (const other of others.splice(0)) await other.close()
})

describe('a server that refuses', () => {
  it('the secret is told of by name, asked again slowly, and used once it takes it', async () => {
    const { server, engine, clock } = await startWith({ secret: 'other' }, 'drachtio-secret-refused')
    expect(engine.unready).toEqual([expect.stringContaining('refuses the secret')])
    server.manners.secret = SECRET
    clock.advance(14_000)
    expect(server.secrets).toEqual([SECRET])
    clock.advance(1_000)
    await until(() => engine.unready?.length === 0)
    await until(() => server.routes().length === 8)
    await expectCalls()
  })

  it.each(['v0.8.1', '0.7.9', 'main', ''])('to be new enough, as version %j, is told of by name', async (version) => {
    const { server, engine, faults } = await startWith({ version }, 'drachtio-version-unsupported')
    expect(engine.unready).toEqual([expect.stringContaining('needs v0.8.2 or later')])
    expect([faults(), server.routes()]).toEqual([['drachtio-version-unsupported'], []])
  })

  it('to say anything is left after some seconds', async () => {
    const { server, engine, clock, faults } = await start({ ready: false, server: { silent: true } })
    await until(() => server.secrets.length === 1)
    clock.advance(4_000)
    await until(() => faults().includes('drachtio-server-silent'))
    expect(engine.unready).toEqual([expect.stringContaining('does not answer')])
    server.manners.silent = false
    await harness.comes(() => engine.unready?.length === 0)
  })

  it.each(['v0.8.2', 'v0.9.10', 'v1.0.0-rc1'])('nothing, as version %s, is used', async (version) => {
    const { faults } = await start({ server: { version } })
    await expectCalls()
    expect(faults()).toEqual([])
  })
})

describe('a connection that is lost', () => {
  it('is made again, with its routes, and takes calls', async () => {
    const { server, engine, faults, comes } = await start()
    const routes = [...server.routes()].toSorted()
    server.cut()
    await comes(() => server.accepted() === 2 && server.routes().length === routes.length)
    expect(server.routes().toSorted()).toEqual(routes)
    expect([engine.unready, faults()]).toEqual([[], ['drachtio-connection-lost']])
    await expectCalls()
  })

  it('makes the process unready until it is back', async () => {
    const { server, engine, comes } = await start()
    server.manners.silent = true
    server.cut()
    await until(() => engine.unready?.length === 1)
    expect(engine.unready).toEqual([expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+ the connection is lost/)])
    server.manners.silent = false
    await comes(() => engine.unready?.length === 0)
  })

  it('ends the calls that rang on it as unanswered, because the server cannot be told any more', async () => {
    const { server, sent, events, calls, engine } = await start()
    server.receive(requestText())
    server.answer(await sent('INVITE'), 180)
    server.cut()
    await until(() => calls().length > 0)
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 0, trunk: 'default/carrier' }])
    expect(events.filter(({ type }) => type === 'unanswered')).toHaveLength(1)
    expect(engine.openTransactions).toBe(0)
  })

  it('takes the calls with it that were answered on it', async () => {
    const { server, engine } = await start()
    await answerDrachtioCall(harness)
    server.cut()
    await until(() => engine.openTransactions === 0)
    expect(server.sent.filter(({ method }) => method === 'BYE')).toEqual([])
  })

  it('is noticed by the pings that are not answered', async () => {
    const { server, faults, comes, pass, clock } = await start()
    await pass(60_000)
    expect([server.pings(), faults()]).toEqual([3, []])
    server.manners.answersPings = false
    clock.advance(15_000)
    clock.advance(15_000)
    await until(() => faults().length > 0)
    expect(faults()).toEqual(['drachtio-server-silent'])
    await comes(() => server.accepted() === 2)
  })

  it('behind every message loses no call of a server that closes so', async () => {
    const { server, comes } = await start({ server: { closesBehindMessages: true } })
    for (const times of [1, 2, 3]) {
      await expectCalls()
      await comes(() => server.accepted() === times + 1 && server.routes().length === 8)
    }
  })

  it('is told once, and not at every try', async () => {
    const { server, faults, clock } = await start()
    await server.close()
    await harness.comes(() => faults().includes('drachtio-unreachable'))
    clock.advance(60_000)
    await harness.comes(() => faults().length >= 2)
    expect(faults()).toEqual(['drachtio-connection-lost', 'drachtio-unreachable'])
  })
})

describe('what comes over a connection', () => {
  it.each([1, 7, 64])('may come in pieces of %d bytes', async (piece) => {
    const { faults } = await start({ server: { piece } })
    await expectCalls()
    expect(faults()).toEqual([])
  })

  it('may come many frames at a time', async () => {
    const { server, receives } = await start()
    const callers = ['a', 'b', 'c', 'd'].map((callId) =>
      server.receive(requestText({ uri: 'sip:+44@192.0.2.1', callId })),
    )
    for (const caller of callers) await receives(caller, [100, 503])
    expect(server.accepted()).toBe(1)
  })

  it.each([
    ['without a length', 'id|response|x|OK'],
    ['with a length that is no number', '1x#id|response|x|OK'],
    ['with a length of nothing', '0#'],
    ['with a length beyond all messages', '999999999#id|response|x|OK'],
    ['with a length that is too short', '14#id|response|x|OK'],
  ])('as a frame %s ends the connection, and another is made', async (_name, bytes) => {
    const { server, faults, comes } = await start()
    server.write(bytes)
    await comes(() => server.accepted() === 2 && server.routes().length === 8)
    expect(faults()).toEqual(['drachtio-broken-frame'])
    await expectCalls()
  })
})

describe('several servers', () => {
  it('hand over calls side by side, and one that is gone makes nothing unready', async () => {
    const other = await startDrachtioServer({ secret: SECRET })
    others.push(other)
    const here = await startDrachtioServer({ secret: SECRET })
    others.push(here)
    const servers = [other, here].map(({ port }) => ({ host: '127.0.0.1', port, tls: false }))
    const { engine, comes, faults } = await start({ config: { servers }, ready: false })
    await comes(() => other.routes().length === 8 && here.routes().length === 8)
    await expectCalls(other)
    await expectCalls(here)
    await other.close()
    others.shift()
    await comes(() => faults().includes('drachtio-unreachable'))
    expect(engine.unready).toEqual([])
    await expectCalls(here)
  })
})
