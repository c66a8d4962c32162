import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { apiClient } from '../../operator/api/api-client.ts'
import { until } from '../support/cache-parts.ts'
import { untilDefinitionsGone } from '../support/definition-removal.ts'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { type CollectionOptions, type WatchedCollection, watchCollection } from '../support/watched-collection.ts'

const TEST_LIMIT_MS = 600_000

const TRUNKS = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'siptrunks' }

const MORE_THAN_A_PAGE = 520

describeWith(['kubernetes'], 'a reflector of a real API server', () => {
  let api: KubernetesApi
  let namespace: string
  let folder: string
  let collection: WatchedCollection | undefined
  let proxy: TcpProxy | undefined

  beforeEach(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-reflector-'))
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await collection?.stop()
    await proxy?.close()
    collection = undefined
    proxy = undefined
    rmSync(folder, { recursive: true })
  })

  function watch(options: Partial<CollectionOptions> = {}): WatchedCollection {
    collection = watchCollection({ api, resource: { ...TRUNKS, namespace }, ...options })
    return collection
  }

  async function apply(...objects: object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    expect(await api.kubectl(['apply', '-n', namespace, '-f', '-'], { input })).toMatchObject({ code: 0 })
  }

  it(
    'lists more objects than one page holds, and follows each change of them',
    async () => {
      const client = apiClient({ file: api.kubeconfig })
      const trunks = Array.from({ length: MORE_THAN_A_PAGE }, (_, i) =>
        sipTrunk(`trunk-${i}`, { sources: [source(i)] }),
      )
      await Promise.all(trunks.map((trunk) => client.create({ ...TRUNKS, namespace }, trunk)))
      await client.close()
      const { cache, agrees, requests } = watch()
      await agrees()
      expect([cache.size, requests.slice(0, 2)]).toEqual([MORE_THAN_A_PAGE, ['GET 200', 'GET 200']])
      await apply(sipTrunk('trunk-0', { sources: ['192.0.2.1'] }), sipTrunk('another', { sources: ['192.0.2.2'] }))
      await api.kubectl(['delete', 'siptrunk', 'trunk-1', '-n', namespace])
      await agrees()
      expect(cache.get(`${namespace}/another`)).toMatch(/^another /)
    },
    TEST_LIMIT_MS,
  )

  it(
    'goes on from a bookmark where its own collection is quiet and others are not',
    async () => {
      const { versions, cache } = watch({ limits: { timeoutSeconds: { least: 4, most: 4 }, briefMilliseconds: 1_000 } })
      await until(() => cache.synced)
      const other = await api.namespace()
      const trunk = JSON.stringify(sipTrunk('elsewhere', { sources: ['192.0.2.1'] }))
      await api.kubectl(['apply', '-n', other, '-f', '-'], { input: trunk })
      await until(() => Number(versions.at(-1)) > Number(versions[0]))
      expect([cache.restarts.expired, cache.restarts.failed, cache.events]).toEqual([0, 0, 0])
    },
    TEST_LIMIT_MS,
  )

  it(
    'says that it may not watch, and begins as soon as a Role lets it',
    async () => {
      const token = await api.serviceAccountToken({ namespace, name: 'watcher' })
      await apply(sipTrunk('carrier', { sources: ['192.0.2.1'] }))
      const { faults, agrees } = watch({ kubeconfig: api.kubeconfigWith({ token }) })
      await until(() => faults.length > 0)
      expect(faults).toEqual(['watch_forbidden'])
      await grant(api, namespace)
      await agrees()
      await until(() => faults.length > 1)
      expect(faults).toEqual(['watch_forbidden', 'recovery'])
    },
    TEST_LIMIT_MS,
  )

  it(
    'says that a definition is missing, and follows it when it comes, goes and comes again',
    async () => {
      const group = `${namespace}.example`
      const { faults, agrees, cache } = watch({ resource: { group, version: 'v1', plural: 'widgets', namespace } })
      await until(() => faults.length > 0)
      expect(faults).toEqual(['resource_not_served'])
      await apply(widgets(group))
      await until(() => cache.synced)
      await until(async () => (await applied(api, namespace, widget(group, 'first'))) === 0)
      await agrees()
      await untilDefinitionsGone(api, () => api.kubectl(['delete', 'crd', `widgets.${group}`]))
      await until(() => faults.filter((code) => code === 'resource_not_served').length === 2)
      await apply(widgets(group))
      await until(async () => (await applied(api, namespace, widget(group, 'second'))) === 0)
      await agrees()
      expect([...cache.objects()].map((object) => object.split(' ')[0])).toEqual(['second'])
      await untilDefinitionsGone(api, () => api.kubectl(['delete', 'crd', `widgets.${group}`]))
    },
    TEST_LIMIT_MS,
  )

  it(
    'goes on with the token that is in its file by then, before the old one is refused',
    async () => {
      proxy = await startTcpProxy(api.port)
      await grant(api, namespace)
      const account = { namespace, name: 'watcher' }
      const tokenFile = join(folder, 'token')
      const first = await api.serviceAccountToken(account)
      writeFileSync(tokenFile, `${first}\n`)
      const kubeconfig = tokenKubeconfig({ api, folder, tokenFile, port: proxy.port })
      const { agrees, requests, faults, cache } = watch({ kubeconfig })
      await until(() => cache.synced)
      await api.kubectl(['delete', 'serviceaccount', account.name, '-n', namespace])
      await until(async () =>
        isRefused(await api.kubectl(['get', 'ns'], { kubeconfig: api.kubeconfigWith({ token: first }) })),
      )
      writeFileSync(tokenFile, await api.serviceAccountToken(account))
      proxy.cut()
      await apply(sipTrunk('carrier', { sources: ['192.0.2.1'] }))
      await agrees()
      expect(requests).not.toContain('GET 401')
      expect(faults).not.toContain('api_unauthorized')
    },
    TEST_LIMIT_MS,
  )
})

function source(i: number): string {
  return `198.18.${Math.floor(i / 256)}.${i % 256}`
}

function isRefused({ stderr }: { stderr: string }): boolean {
  return stderr.includes('Unauthorized') || stderr.includes('must be logged in')
}

/** Lets the service account `watcher` watch trunks in its namespace. */
async function grant(api: KubernetesApi, namespace: string): Promise<void> {
  const place = ['-n', namespace]
  const verbs = ['--verb=get,list,watch', '--resource=siptrunks.sipdispatch.dev']
  expect(await api.kubectl(['create', 'role', 'watcher', ...verbs, ...place])).toMatchObject({ code: 0 })
  const binding = ['--role=watcher', `--serviceaccount=${namespace}:watcher`]
  expect(await api.kubectl(['create', 'rolebinding', 'watcher', ...binding, ...place])).toMatchObject({ code: 0 })
}

async function applied(api: KubernetesApi, namespace: string, object: object): Promise<number | null> {
  const { code } = await api.kubectl(['apply', '-n', namespace, '-f', '-'], { input: JSON.stringify(object) })
  return code
}

function widgets(group: string): object {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget' }
  const schema = { openAPIV3Schema: { type: 'object' } }
  const spec = { group, scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema }] }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec,
  }
}

function widget(group: string, name: string): object {
  return { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name } }
}

interface TokenAccess {
  readonly api: KubernetesApi
  readonly folder: string
  readonly tokenFile: string
  readonly port: number
}

/** A kubeconfig whose token stands in a file, as a Pod's does. */
function tokenKubeconfig({ api, folder, tokenFile, port }: TokenAccess): string {
  const path = join(folder, 'kubeconfig')
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': api.caFile }
  const user = { tokenFile }
  const config = {
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}
