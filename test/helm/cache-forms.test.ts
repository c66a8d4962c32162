/** Every form of the cache's URL that the chart takes, with the chart's own flags, against real servers. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText, sipTrunk } from '../support/manifest-text.ts'
import { callNumber } from '../support/one-call.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import type { ServingProcess } from '../support/serving-process.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'
import { installPods, type KubeletlessPods } from './kubeletless-pods.ts'

const TEST_LIMIT_MS = 600_000

const STEADY = '+15550000920'

const EXPOSED = ['ingress.exposure=ClusterIP', 'cache.existingSecret=cache']

/** A cache of some form: how the chart is told of it, what its Secret holds, and what has to be stopped, the last first. */
interface Cache {
  readonly values: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly servers: readonly RedisServer[]
}

describeWith(['helm', 'kubernetes', 'redis'], 'a release with a cache', () => {
  let api: KubernetesApi
  let namespace: string
  let pods: KubeletlessPods
  let cache: Cache
  let callers: SteadyCaller[]

  beforeEach(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
    callers = []
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    for (const caller of callers) caller.close()
    await pods.stop()
    for (const server of cache.servers.toReversed()) await server.stop()
  }, TEST_LIMIT_MS)

  async function apply(...objects: readonly object[]): Promise<void> {
    const kubectl = (...args: readonly string[]) => api.kubectl(['--namespace', namespace, ...args], { input })
    const input = manifestText(objects)
    expect(await kubectl('apply', '--filename=-')).toMatchObject({ code: 0 })
    const programmed = ['--for=condition=Programmed', '--timeout=120s', '--filename=-']
    expect(await kubectl('wait', ...programmed)).toMatchObject({ code: 0 })
  }

  const rejecting = (name: string, number: string, status: number): object =>
    dispatchRule(name, number, { type: 'Reject', reject: { status } })

  /** An operator and two pods that run its table. */
  async function start(): Promise<{ operator: OperatorProcess; ingresses: readonly ServingProcess[] }> {
    const { values, files } = cache
    const own = [`operator.watchNamespaces=["${namespace}"]`, ...EXPOSED, ...values]
    pods = await installPods({ api, namespace, values: own, variables: {}, cacheFiles: files })
    const operator = await pods.operator()
    await operator.said(({ msg }) => msg === 'table published')
    const ingresses = await Promise.all(['phone-0', 'phone-1'].map((name) => pods.ingress(name)))
    await apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), rejecting('steady', STEADY, 486))
    for (const ingress of ingresses) await decides(ingress)
    return { operator, ingresses }
  }

  /**
   * Resolves when the pod decides by the rule. `Programmed` speaks of the pods that have reported: a pod that has not yet
   * loaded its first table is not among them, and gives a stranger no answer or 503. No Service sends calls to such a pod.
   */
  async function decides({ udp }: ServingProcess): Promise<void> {
    let last = 0
    await eventually(
      async () => {
        last = await callNumber(STEADY, udp)
        return last === 486 ? last : undefined
      },
      () => `the steady call is answered ${last}, not 486`,
    )
  }

  it.each([
    ['behind TLS that asks for a certificate and a password', tlsCache],
    ['in a cluster of three', clusterCache],
    ['whose URL is in the Secret', secretCache],
  ])(
    '%s publishes to it and decides by it',
    async (_, startCache) => {
      cache = await startCache()
      const { ingresses } = await start()
      await apply(rejecting('next', '+15550000921', 404))
      for (const ingress of ingresses) {
        expect([await callNumber(STEADY, ingress.udp), await callNumber('+15550000921', ingress.udp)]).toEqual([
          486, 404,
        ])
      }
    },
    TEST_LIMIT_MS,
  )

  it(
    'behind sentinels loses no call when the primary dies, and goes on with the one that takes its place',
    async () => {
      const sentinel = await sentinelCache()
      cache = sentinel
      const { operator, ingresses } = await start()
      callers = await Promise.all(ingresses.map((one) => startSteadyCaller(STEADY, one.udp, [one])))
      await sentinel.primary.kill()
      await apply(rejecting('after', '+15550000922', 404))
      for (const ingress of ingresses) expect(await callNumber('+15550000922', ingress.udp)).toBe(404)
      expect(await sentinel.replica.command('ROLE')).toMatch(/^master\n/)
      expect(await sentinel.replica.command('HLEN', `{${namespace}.phone-sip-dispatch}:entries`)).toBe('3')
      const ends = await Promise.all(callers.map((caller) => caller.end()))
      expect(ends).toEqual(ingresses.map(() => ({ lost: [], statuses: [486] })))
      expect(operator.log.filter(({ msg }) => msg === 'not leading any more')).toEqual([])
    },
    TEST_LIMIT_MS,
  )
})

async function tlsCache(): Promise<Cache> {
  const server = await startRedisServer({ tls: 'mutual', password: 'secret' })
  const read = (file = ''): string => readFileSync(file, 'utf8')
  const files = {
    password: 'secret\n',
    'ca.pem': read(server.tls?.caFile),
    'certificate.pem': read(server.tls?.clientCertificateFile),
    'key.pem': read(server.tls?.clientKeyFile),
  }
  const keys = ['passwordKey=p', 'caKey=ca', 'certKey=c', 'keyKey=k'].map((key) => `cache.${key}`)
  return { values: [`cache.url=rediss://127.0.0.1:${server.port}`, ...keys], files, servers: [server] }
}

async function secretCache(): Promise<Cache> {
  const server = await startRedisServer({ users: ['user rules on >other ~* &* +@all'] })
  // The URL comes from a Secret that nobody can look into but the kubelet; the flag names its variable.
  const url = `redis://rules@127.0.0.1:${server.port}`
  return { values: [`cache.url=${url}`, 'cache.passwordKey=p'], files: { password: 'other' }, servers: [server] }
}

async function clusterCache(): Promise<Cache> {
  const configuration = ['cluster-enabled yes']
  const servers = await Promise.all([0, 1, 2].map(() => startRedisServer({ configuration })))
  const nodes = servers.map(({ host, port }) => `${host}:${port}`)
  await servers[0]?.command('--cluster', 'create', ...nodes, '--cluster-yes')
  return { values: [`cache.url=redis+cluster://127.0.0.1:1,${nodes.slice(0, 2).join(',')}`], files: {}, servers }
}

async function sentinelCache(): Promise<Cache & { readonly primary: RedisServer; readonly replica: RedisServer }> {
  const password = 'secret'
  const primary = await startRedisServer({ password })
  const replica = await startRedisServer({ password, replicaOf: primary })
  const sentinel = await startRedisServer({ password: 'watch', sentinelOf: primary })
  // Nobody is at the first.
  const hosts = ['127.0.0.1:1', `127.0.0.1:${sentinel.port}`]
  const url = `redis+sentinel://${hosts.join(',')}/primary`
  const values = [`cache.url=${url}`, 'cache.passwordKey=p', 'cache.sentinelPasswordKey=s']
  const files = { password, 'sentinel-password': 'watch\n' }
  return { values, files, servers: [primary, replica, sentinel], primary, replica }
}
