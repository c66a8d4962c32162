import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { redisWriter, until } from '../support/cache-parts.ts'
import { routeAction, ruleEntry, trunkEntry } from '../support/engine-harness.ts'
import { type IngressProcess, startIngress } from '../support/ingress-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { openTablePublisher, type TablePublisher } from '../support/table-publisher.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

const PREFIX = 'ingress-test'
const NUMBER = '+15551234567'
const CALLS = 20
const LOADED = 'sip_dispatch_route_table_loaded'

/** A carrier on this machine whose calls go to one backend. */
function tableTo(port: number): TableEntry[] {
  const backends = [{ uri: `sip:127.0.0.1:${port}`, address: '127.0.0.1', port, uriParameters: '', weight: 1, tier: 0 }]
  return [trunkEntry({ sources: ['127.0.0.1/32'] }), ruleEntry({ action: routeAction({ backends }) })]
}

describeWith(['sipp', 'redis'], 'an ingress that runs from the shared cache', () => {
  let redis: RedisServer
  let operator: TablePublisher
  let folder = ''
  const started: IngressProcess[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-ingress-'))
    redis = await startRedisServer()
    operator = openTablePublisher(redis.url, PREFIX)
  })

  afterEach(async () => {
    await Promise.all(started.splice(0).map((ingress) => ingress.stop()))
    operator.close()
    await redis.stop()
    rmSync(folder, { recursive: true })
  })

  async function ingressWith(flags: readonly string[] = [], snapshot?: string): Promise<IngressProcess> {
    const kept = snapshot === undefined ? {} : { snapshot }
    const ingress = await startIngress({ cache: redis.url, prefix: PREFIX, flags, ...kept })
    started.push(ingress)
    return ingress
  }

  it('is not ready and refuses calls until a table is published, and then serves them', async () => {
    const ingress = await ingressWith()
    expect(await ingress.readiness()).toEqual([503, 'not ready\nno rule table is loaded\n'])
    const refused = await runCaller({ scenario: 'uac-expect-503', port: ingress.udp, number: NUMBER, calls: 1 })
    expect(refused).toMatchObject({ exitCode: 0, errors: '' })
    const unavailable = { outcome: 'rules_unavailable', trunk: '', status: '503' }
    expect(await ingress.count('sip_dispatch_invites_total', unavailable)).toBe(1)
    const backend = await startSipBackend({ scenario: scenarioFile('uas-answer-200') })
    await operator.publish(tableTo(backend.port))
    await ingress.counted(LOADED, {}, 1)
    await ingress.said(({ msg }) => msg === 'serving')
    expect(await ingress.readiness()).toEqual([200, 'ok\n'])
    const caller = await runCaller({ scenario: 'uac-expect-200', port: ingress.udp, number: NUMBER, calls: CALLS })
    await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(await ingress.count('sip_dispatch_route_table_version', {})).toBe(1)
    expect(await ingress.count('sip_dispatch_route_table_sync_timestamp_seconds', {})).toBeGreaterThan(0)
  })

  it('serves from its snapshot when it starts without the cache', async () => {
    const snapshot = join(folder, 'table')
    const backend = await startSipBackend({ scenario: scenarioFile('uas-answer-200') })
    await operator.publish(tableTo(backend.port))
    const before = await ingressWith([], snapshot)
    await before.counted(LOADED, {}, 1)
    expect(await before.stop()).toEqual([0, null])
    await redis.kill()
    const ingress = await ingressWith([], snapshot)
    await ingress.said(({ msg }) => msg === 'serving')
    expect(await ingress.readiness()).toEqual([200, 'ok\n'])
    const caller = await runCaller({ scenario: 'uac-expect-200', port: ingress.udp, number: NUMBER, calls: CALLS })
    await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(await ingress.count('sip_dispatch_route_table_sync_timestamp_seconds', {})).toBe(0)
    await ingress.said(({ msg, code }) => msg === 'fault' && code === 'cache-unreachable')
  })

  it('serves no older table than it has reported, killed the moment after and started without the cache', async () => {
    const snapshot = join(folder, 'table')
    const reports = redisWriter(redis.url, { prefix: PREFIX })
    const [trunk, rule] = tableTo(5080)
    if (trunk === undefined || rule?.kind !== 'rule') throw new Error('a table has a trunk and a rule')
    await operator.publish([trunk, rule])
    const before = await ingressWith([], snapshot)
    for (let priority = 1; priority <= 20; priority++) await operator.publish([trunk, { ...rule, priority }])
    await until(async () => (await reports.readers())[0]?.version === 21)
    await before.stop('SIGKILL')
    reports.close()
    await redis.kill()
    const ingress = await ingressWith([], snapshot)
    expect(await ingress.count('sip_dispatch_route_table_version', {})).toBe(21)
    await ingress.said(({ msg }) => msg === 'serving')
    expect(await ingress.readiness()).toEqual([200, 'ok\n'])
  })

  it('says in its metrics that its disk takes no table, and reports all the same', async () => {
    const reports = redisWriter(redis.url, { prefix: PREFIX })
    const snapshot = join(folder, 'no-such-folder', 'table')
    await operator.publish(tableTo(5080))
    const ingress = await ingressWith([], snapshot)
    await until(async () => (await reports.readers())[0]?.version === 1)
    reports.close()
    expect(await ingress.metrics()).toMatch(/^sip_dispatch_route_table_kept 0$/m)
    await ingress.said(({ code, reason }) => code === 'table-file' && /cannot be written.*ENOENT/.test(String(reason)))
    mkdirSync(join(folder, 'no-such-folder'))
    await ingress.counted('sip_dispatch_route_table_kept', {}, 1)
  })

  it('loses no call when SIGTERM comes while calls come in: it settles, drains and ends with 0', async () => {
    const backend = await startSipBackend({ scenario: scenarioFile('uas-answer-200') })
    await operator.publish(tableTo(backend.port))
    // Calls come in for two seconds, and for several times that on a machine with other things to do.
    const ingress = await ingressWith(['--settle-seconds', '20', '--drain-deadline-seconds', '60'])
    await ingress.counted(LOADED, {}, 1)
    const args = ['-d', '100']
    const calling = runCaller({
      scenario: 'uac-expect-200',
      port: ingress.udp,
      number: NUMBER,
      calls: 60,
      rate: 30,
      args,
    })
    await ingress.counted('sip_dispatch_first_response_seconds_count', { trunk: 'default/carrier' }, 5)
    const stopping = ingress.stop('SIGTERM')
    const caller = await calling
    await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe('60')
    expect(await stopping).toEqual([0, null])
    expect(ingress.log.filter(({ msg }) => msg === 'shutting down').map(({ phase }) => phase)).toEqual([
      'settling',
      'draining',
      'over',
    ])
  })

  it('lets the BYE of a call pass whose cookie was signed before the key was rotated', async () => {
    const [caller, backend] = [await openDatagramPeer('127.0.0.1'), await openDatagramPeer('127.0.0.1')]
    await operator.publish(tableTo(backend.port))
    const ingress = await ingressWith()
    await ingress.counted(LOADED, {}, 1)
    const via = (branch: string) => `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK-${branch}`
    await caller.send(requestText({ via: via('invite') }), ingress.udp)
    const invite = await backend.answer((text) => methodOf(text) === 'INVITE')
    const contact = `Contact: <sip:agent@127.0.0.1:${backend.port}>`
    await backend.send(responseText(invite, 200, { extra: [contact] }), ingress.udp)
    const ok = await caller.answer((text) => statusOf(text) === 200)
    await ingress.rotateKey()
    const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
    const to = headerOf(ok, 'To')[0] ?? ''
    const uri = `sip:agent@127.0.0.1:${backend.port}`
    const bye = { method: 'BYE', uri, to, cseq: 2, extra: extra.toReversed(), via: via('bye') }
    await caller.send(requestText(bye), ingress.udp)
    expect(await backend.answer((text) => methodOf(text) === 'BYE')).toContain(`BYE ${uri}`)
    for (const peer of [caller, backend]) peer.close()
  })
})
