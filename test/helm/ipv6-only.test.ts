/**
 * A whole installation whose every address is an IPv6 one: the API server with etcd, the cache, the operator, an ingress
 * on the network of its node, callers, a backend and who reads metrics, all on ::1. The processes run with the chart's own flags.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText, routeTo, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import type { ServingProcess } from '../support/serving-process.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { headerOf } from '../support/sip-text.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { installPods, type KubeletlessPods } from './kubeletless-pods.ts'
import { commandOf } from './rendered-command.ts'

const TEST_LIMIT_MS = 600_000

const CALLS = 5

describeWith(['helm', 'kubernetes', 'redis', 'sipp', '::1'], 'an installation of IPv6 alone', () => {
  let api: PrivateKubernetesApi
  let redis: RedisServer
  let pods: KubeletlessPods
  let operator: OperatorProcess
  let ingress: ServingProcess
  let namespace: string

  beforeAll(async () => {
    ;[api, redis] = await Promise.all([startKubernetesApi({ host: '::1' }), startRedisServer({ host: '::1' })])
    namespace = await api.namespace()
    const values = [`cache.url=${redis.url}`, 'ingress.exposure=HostNetwork']
    pods = await installPods({ api, namespace, values, variables: { HOST_IP: '::1' } })
    operator = await pods.operator()
    await operator.said(({ msg }) => msg === 'table published')
    ingress = await pods.ingress('phone-0')
    const objects = [sipTrunk('carrier', { sources: ['::1'] })]
    await api.kubectl(['--namespace', namespace, 'apply', '--filename=-'], { input: manifestText(objects) })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await pods.stop()
    await redis.stop()
    await api.stop()
  }, TEST_LIMIT_MS)

  it('listens on the address of its node for metrics, and says so with brackets', async () => {
    const serving = await ingress.said(({ msg }) => msg === 'serving')
    expect(serving['http']).toMatch(/^http:\/\/\[::1\]:\d+$/)
    const [status] = await ingress.readiness()
    expect(status).toBe(200)
    expect(await ingress.metrics()).toContain('sip_dispatch_route_table_version')
  })

  it('has an operator that answers over IPv6, and over IPv4 as well', async () => {
    const { http } = await operator.said(({ msg }) => msg === 'operator started')
    const [, port] = /^http:\/\/\[::\]:(\d+)$/.exec(String(http)) ?? []
    for (const host of ['[::1]', '127.0.0.1']) {
      const page = await fetch(`http://${host}:${port}/livez`)
      expect([host, page.status]).toEqual([host, 200])
    }
    expect(operator.log.filter(({ msg }) => msg === 'fault')).toEqual([])
  })

  it.each(['UDP', 'TCP'] as const)(
    'takes calls over %s, from the first INVITE to the BYE',
    async (transport) => {
      const number = transport === 'UDP' ? '+15550000901' : '+15550000902'
      const backend = await startSipBackend({ scenario: scenarioFile('uas-answer-200'), transport, address: '::1' })
      const name = `to-${transport.toLowerCase()}`
      const input = manifestText([dispatchRule(name, number, routeTo([backend.uri]))])
      await api.kubectl(['--namespace', namespace, 'apply', '--filename=-'], { input })
      const programmed = ['--for=condition=Programmed', '--timeout=120s', `drule/${name}`, 'trunk/carrier']
      const waited = await api.kubectl(['--namespace', namespace, 'wait', ...programmed])
      expect(waited).toMatchObject({ code: 0 })
      const port = ingress.listening.find((at) => at.transport === transport.toLowerCase() && at.address === '::')?.port
      const scenario = 'uac-expect-200'
      const caller = await runCaller({
        ...{ scenario, transport, number },
        address: '::1',
        port: port ?? 0,
        calls: CALLS,
      })
      const served = await backend.stop()
      expect(caller).toMatchObject({ exitCode: 0, errors: '' })
      expect(served.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
      const invite = served.messages.find(({ text }) => text.startsWith('INVITE '))?.text ?? ''
      expect(headerOf(invite.replaceAll(/\r?\n/g, '\r\n'), 'Via')[0]).toMatch(/SIP\/2\.0\/(UDP|TCP) \[[0-9a-f:]+\]:\d+/)
      // The caller hangs up through what it was told: one call that does not find its way back would not be a success.
      expect(caller.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    },
    TEST_LIMIT_MS,
  )

  describe('on a node of the other family', () => {
    it('gets flags that the same program reads', async () => {
      const flags = commandOf(pods.manifests, 'ingress', { HOST_IP: '192.0.2.7', POD_NAME: 'phone-0' })
      expect(flags.filter((flag) => flag.includes('192.0.2.7'))).toEqual([
        '--advertise=[192.0.2.7]',
        expect.stringMatching(/^--http=\[192\.0\.2\.7\]:\d+$/),
      ])
    })
  })
})
