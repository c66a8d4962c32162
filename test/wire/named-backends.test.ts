/** Calls to backends by name, with a real nameserver whose zone changes, stops and comes back under the calls. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { sampleValue } from '../support/exposition-text.ts'
import { type KnotServer, startKnot } from '../support/knot-server.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { type NameserverRelay, startNameserverRelay } from '../support/nameserver-relay.ts'
import { describeWith } from '../support/real-part.ts'
import type { LogLine } from '../support/serving-process.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { startSteadyCaller } from '../support/steady-caller.ts'
import { openUdpCaller, type UdpCaller } from '../support/udp-caller.ts'

const ZONE = 'example.test'
const [MOVING, SERVICE, NOWHERE, WILD] = ['+15550000001', '+15550000002', '+15550000003', '+15550000004']
const LEAVING = '+15550000005'

/** A backend that answers with 200, and knows which requests it got. */
interface Backend {
  readonly port: number
  readonly got: string[]
  close(): void
}

async function openBackend(address: string, port = 0): Promise<Backend> {
  const socket = createSocket('udp4')
  const got: string[] = []
  socket.bind(port, address)
  await once(socket, 'listening')
  socket.unref()
  const own = socket.address().port
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1')
    got.push(text)
    if (methodOf(text) === 'ACK') return
    const answer = responseText(text, 200, { toTag: 'backend', extra: [`Contact: <sip:agent@${address}:${own}>`] })
    socket.send(answer, from.port, from.address)
  })
  return { port: own, got, close: () => void socket.close() }
}

describeWith(['knot'], 'backends by name', () => {
  let knot: KnotServer
  let relay: NameserverRelay
  let ingress: StandaloneProcess
  let caller: UdpCaller
  let before: Backend
  let after: Backend
  let second: Backend
  let leaving: Backend
  let port = 0
  let calls = 0

  beforeAll(async () => {
    before = await openBackend('127.0.0.11')
    port = before.port
    after = await openBackend('127.0.0.12', port)
    second = await openBackend('127.0.0.13')
    leaving = await openBackend('127.0.0.15')
    knot = await startKnot({
      [ZONE]: [
        '_sip._udp.service 1 SRV 10 1 9 dead',
        `_sip._udp.service 1 SRV 20 1 ${second.port} host`,
        'dead 1 A 127.0.0.14',
        'host 1 A 127.0.0.13',
        'wild A 0.0.0.0',
        'wild A 127.1.0.1',
      ],
      'moving.test': ['pbx 1 A 127.0.0.11'],
      'leaving.test': ['pbx 1 A 127.0.0.15'],
    })
    const manifests = [
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('moving', MOVING, routeTo([`sip:pbx.moving.test:${port}`])),
      dispatchRule('leaving', LEAVING, routeTo([`sip:pbx.leaving.test:${leaving.port}`])),
      dispatchRule('service', SERVICE, routeTo([`sip:service.${ZONE}.`])),
      dispatchRule('nowhere', NOWHERE, routeTo([`sip:nowhere.${ZONE}`])),
      dispatchRule('wild', WILD, routeTo([`sip:wild.${ZONE}:5060`])),
    ]
    relay = await startNameserverRelay(knot.port)
    const flags = ['--resolver', relay.address, '--allow-resolved', '127.0.0.0/16', '--log-calls-per-second', '1000']
    ingress = await startStandalone({ manifests, flags })
    caller = await openUdpCaller('127.0.0.1')
  })

  afterAll(async () => {
    caller.close()
    await ingress.stop()
    relay.halt()
    await knot.stop()
    for (const backend of [before, after, second, leaving]) backend.close()
  })

  async function call(number: string) {
    const callId = `name-${++calls}`
    const final = (await caller.request({ uri: `sip:${number}@127.0.0.1`, callId }, ingress.udp)) ?? ''
    const line = await ingress.said((one) => one['callId'] === callId)
    return { callId, final, status: statusOf(final), line }
  }

  const NAME = () => `pbx.moving.test:${port}`

  /** The first line from now on for which `holds` returns true. */
  const next = (holds: (line: LogLine) => boolean): Promise<LogLine> => {
    const from = ingress.log.length
    return ingress.said((line) => ingress.log.indexOf(line) >= from && holds(line))
  }

  it('N-02: are called at the addresses of the name, the next after one that cannot be reached, and keep the name in the Request-URI (RFC 3261 §16.6)', async () => {
    const { status, callId, line } = await call(SERVICE)
    expect(status).toBe(200)
    const invite = second.got.find((text) => headerOf(text, 'Call-ID')[0] === callId) ?? ''
    expect(invite.split(' ')[1]).toBe(`sip:${SERVICE}@service.${ZONE}`)
    expect(line['attempts']).toMatchObject([
      { backend: `sip:service.${ZONE}.`, endpoint: '127.0.0.14:9', result: 'transport' },
      { backend: `sip:service.${ZONE}.`, endpoint: `127.0.0.13:${second.port}`, result: 'answered' },
    ])
  })

  it('that have no address are down, with a reason of their own in log and metrics', async () => {
    const { status, line } = await call(NOWHERE)
    expect(status).toBe(503)
    const backend = `sip:nowhere.${ZONE}`
    expect(line).toMatchObject({ outcome: 'no_backend', attempts: [{ backend, result: 'unresolved' }] })
    expect(line['reason']).toMatch(
      /^DNS has given no address for the backends of the rule.*: sip:nowhere\.example\.test$/,
    )
    const about = await ingress.said(({ msg, name }) => msg === 'name does not resolve' && name === `nowhere.${ZONE}`)
    expect(about).toMatchObject({ code: 'nxdomain', reason: `nowhere.${ZONE} does not exist`, failures: 1 })
    const metrics = await ingress.metrics()
    expect(sampleValue(metrics, 'sip_dispatch_backend_up', { backend })).toBe(0)
    expect(sampleValue(metrics, 'sip_dispatch_names', {})).toBe(5)
    expect(sampleValue(metrics, 'sip_dispatch_names_unresolved', {})).toBe(2)
  })

  it('never make a peer of an address that a name must not have', async () => {
    expect((await call(WILD)).status).toBe(503)
    const about = await ingress.said(({ msg, name }) => msg === 'name does not resolve' && name === `wild.${ZONE}:5060`)
    expect(about).toMatchObject({ code: 'bad_address', reason: expect.stringContaining('127.1.0.1 (loopback)') })
  })

  it('move with their name, through a nameserver that lies, stops and is slow: no call is lost', async () => {
    const old = await call(MOVING)
    expect([old.status, before.got.length > 0, after.got.length]).toEqual([200, true, 0])
    const steady = await startSteadyCaller(MOVING, ingress.udp, [ingress])
    await knot.change('moving.test', ['pbx 1 A 127.0.0.12'])
    const moved = await next((line) => line.msg === CHANGED && String(line['added']) === `127.0.0.12:${port}`)
    expect(moved['removed']).toEqual([`127.0.0.11:${port}`])
    expect((await call(MOVING)).line['attempts']).toMatchObject([{ endpoint: `127.0.0.12:${port}` }])
    relay.mode = 'lie'
    const lied = await next((line) => line.msg.startsWith('name is stale') && line['name'] === NAME())
    expect(lied).toMatchObject({ code: 'wrong_answers', staleSeconds: 0, failures: 1 })
    const since = sampleValue(await ingress.metrics(), STALE, { name: NAME() }) ?? 0
    expect(Math.abs(since - Date.now() / 1000)).toBeLessThan(60)
    relay.halt()
    await knot.halt()
    expect(await next((line) => line.msg.startsWith('name is stale') && line['name'] === NAME())).toMatchObject({
      ...{ code: 'unreachable', failures: 2 },
    })
    relay.mode = 'slow'
    await knot.restart()
    await knot.change('moving.test', ['pbx 1 A 127.0.0.11', 'pbx 1 A 127.0.0.12'])
    await relay.restart()
    const back = await next((line) => line.msg === CHANGED && line['name'] === NAME())
    expect(back).toMatchObject({ added: [`127.0.0.11:${port}`], removed: [] })
    const { lost, statuses } = await steady.end()
    expect({ lost, statuses }).toEqual({ lost: [], statuses: [200] })
    steady.close()
  })

  it('keep the calls that they have when their name points elsewhere, and are strangers otherwise', async () => {
    const { callId, final } = await call(LEAVING)
    await knot.change('leaving.test', ['pbx 1 A 127.0.0.14'])
    await next((line) => line.msg === CHANGED && String(line['removed']) === `127.0.0.15:${leaving.port}`)
    const to = headerOf(final, 'To')[0] ?? ''
    const extra = headerOf(final, 'Record-Route').map((value) => `Route: ${value}`)
    const bye = { method: 'BYE', uri: `sip:agent@127.0.0.15:${leaving.port}`, callId, to, extra }
    expect(statusOf((await caller.request(bye, ingress.udp)) ?? '')).toBe(200)
    expect(leaving.got.some((text) => methodOf(text) === 'BYE' && headerOf(text, 'Call-ID')[0] === callId)).toBe(true)
    const stranger = await openUdpCaller('127.0.0.15')
    stranger.send(
      requestText({ callId: 'stranger', via: `SIP/2.0/UDP ${stranger.sentBy};branch=z9hG4bK-s` }),
      ingress.udp,
    )
    await ingress.counted('sip_dispatch_dropped_total', { reason: 'stranger', method: 'INVITE' }, 1)
    stranger.close()
  })
})

const CHANGED = 'peers of a name changed'
const STALE = 'sip_dispatch_name_stale_timestamp_seconds'
