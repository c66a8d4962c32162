import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { until } from '../support/cache-parts.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { type WatchedCollection, watchCollection } from '../support/watched-collection.ts'

const TEST_LIMIT_MS = 600_000

/** Shorter than a test waits. */
const SILENCE = { least: 2_000, most: 2_000 }

describeWith(['kubernetes'], 'a reflector whose API server fails', () => {
  let api: PrivateKubernetesApi
  let namespace: string
  let proxy: TcpProxy
  let collection: WatchedCollection

  beforeEach(async () => {
    api = await startKubernetesApi()
    namespace = await api.namespace()
    proxy = await startTcpProxy(api.port)
    await apply('kept', 'going', 'renewed')
    collection = watchCollection({
      api,
      kubeconfig: api.kubeconfigWith({ port: proxy.port }),
      resource: { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'siptrunks', namespace },
      limits: { silenceMilliseconds: SILENCE },
    })
    // A page, and the head of the watch.
    await until(() => collection.requests.length === 2)
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await collection.stop()
    await proxy.close()
    await api.stop()
  }, TEST_LIMIT_MS)

  async function apply(...names: string[]): Promise<void> {
    const items = names.map((name, i) => sipTrunk(name, { sources: [`192.0.2.${i}`] }))
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    expect(await api.kubectl(['apply', '-n', namespace, '-f', '-'], { input })).toMatchObject({ code: 0 })
  }

  /** One is deleted, one made, and one deleted and made anew. */
  async function change(): Promise<void> {
    await api.kubectl(['delete', 'siptrunk', 'going', 'renewed', '-n', namespace])
    await apply('renewed', 'coming')
  }

  /** What a gap of any kind must have told in the end. */
  function expectChangesTold(): void {
    const told = collection.changes.slice(3)
    expect(told.toSorted()).toEqual(['added coming', 'added renewed', 'deleted going', 'deleted renewed'])
    expect(told.indexOf('deleted renewed')).toBeLessThan(told.indexOf('added renewed'))
  }

  it(
    'resumes after a crash of the server, without a list and without a gap',
    async () => {
      await api.apiserver.kill()
      await until(() => collection.faults.includes('api_unreachable'))
      await api.apiserver.restart()
      await change()
      await collection.agrees()
      expectChangesTold()
      await until(() => collection.faults.at(-1) === 'recovery')
    },
    TEST_LIMIT_MS,
  )

  it(
    'notices a half-open connection by its silence, and misses nothing',
    async () => {
      proxy.stall()
      await change()
      await until(() => collection.cache.restarts.silent > 0)
      proxy.cut()
      proxy.resume()
      await collection.agrees()
      expectChangesTold()
      expect(collection.cache.restarts.expired).toBe(0)
    },
    TEST_LIMIT_MS,
  )

  it(
    'lists anew where the server has forgotten what came after its version, and tells the difference by uid',
    async () => {
      proxy.stall()
      await change()
      await api.compact()
      await api.apiserver.restart()
      proxy.cut()
      proxy.resume()
      await collection.agrees()
      expect(collection.cache.restarts.expired).toBeGreaterThan(0)
      expectChangesTold()
    },
    TEST_LIMIT_MS,
  )
})
