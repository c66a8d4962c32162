import { systemClock } from '../../ingress/time/dated-clock.ts'
import { apiClient } from '../../operator/api/api-client.ts'
import type { ApiResource } from '../../operator/api/api-resource.ts'
import { createReflector, type ReflectorLimits, type ResourceCache } from '../../operator/watch/reflector.ts'
import { until } from './cache-parts.ts'
import type { KubernetesApi } from './kubernetes-api.ts'

/** A collection of a real API server, kept by a reflector, and the reflector's reports. */
export interface WatchedCollection {
  readonly cache: ResourceCache<string>
  /** `added a`, `deleted a` … in order. */
  readonly changes: readonly string[]
  /** Codes of faults, and `recovery`. */
  readonly faults: readonly string[]
  /** `GET 200` … as metrics count them. */
  readonly requests: readonly string[]
  /** Versions from which the reflector has watched. */
  readonly versions: readonly string[]
  /** Resolves when the cache equals the list of kubectl, versions included. */
  readonly agrees: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface CollectionOptions {
  readonly api: KubernetesApi
  readonly resource: ApiResource & { readonly namespace: string }
  /** Undefined: the administrator's. */
  readonly kubeconfig?: string
  readonly limits?: Partial<ReflectorLimits>
}

/** Short enough for a test to wait for. */
const BACK_OFF = { least: 50, most: 500 }

/** Starts the watch; the test has to stop it. */
export function watchCollection({ api, resource, kubeconfig, limits }: CollectionOptions): WatchedCollection {
  const [changes, faults, requests, versions]: [string[], string[], string[], string[]] = [[], [], [], []]
  const client = apiClient({
    file: kubeconfig ?? api.kubeconfig,
    onRequest: ({ method, code }) => requests.push(`${method} ${code}`),
  })
  const cache = createReflector({
    api: {
      list: (...list) => client.list(...list),
      watch: (watched, options) => {
        versions.push(options.resourceVersion)
        return client.watch(watched, options)
      },
    },
    ...{ resource, clock: systemClock, random: Math.random },
    limits: { backOffMilliseconds: BACK_OFF, ...limits },
    read: ({ metadata: { name, uid, resourceVersion } }) => `${name} ${uid} ${resourceVersion}`,
  })
  cache.start({
    onChange: ({ type, key }) => changes.push(`${type} ${key.split('/')[1]}`),
    onSynced: () => undefined,
    onFault: ({ code }) => faults.push(code),
    onRecovery: () => faults.push('recovery'),
  })
  const contents = (): string => [...cache.objects()].toSorted().join('\n')
  return {
    ...{ cache, changes, faults, requests, versions },
    agrees: () => until(async () => contents() === (await listed(api, resource)), contents),
    stop: async () => {
      cache.stop()
      await client.close()
    },
  }
}

async function listed(
  api: KubernetesApi,
  { plural, group, namespace }: CollectionOptions['resource'],
): Promise<string> {
  const row = '{.metadata.name} {.metadata.uid} {.metadata.resourceVersion}'
  const output = `jsonpath={range .items[*]}${row}{"\\n"}{end}`
  const { stdout } = await api.kubectl(['get', `${plural}.${group}`, '-n', namespace, '-o', output])
  return stdout.trim().split('\n').toSorted().join('\n')
}
