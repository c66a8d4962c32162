/**
 * Runs an ingress pod. The pod serves SIP with the table of the shared cache and the keys of a folder. It does not use the
 * Kubernetes API.
 */
import { createHungUpQueue, type HungUpQueue } from '../limit/hung-up-queue.ts'
import { startLimitExchange } from '../replica/limit-exchange.ts'
import { createRedisLimitCache } from '../replica/redis-limit-cache.ts'
import { createRedisTableCacheReader } from '../replica/redis-table-cache-reader.ts'
import { startSnapshotSource } from '../replica/snapshot-source.ts'
import { readCookieKeys, watchCookieKeys } from './cookie-key-folder.ts'
import { downBackends } from './down-backends.ts'
import type { IngressConfig } from './ingress-config.ts'
import { type Serving, startServing } from './serving.ts'
import { createServingCore, type ServingCore } from './serving-core.ts'

/**
 * Binds the addresses and serves. If there is a table file, the pod starts with its table. Without a table, calls get 503,
 * and the pod is not ready until the cache has given it a table. If the pod cannot start, this rejects with the error.
 */
export async function runIngress(config: IngressConfig): Promise<Pick<Serving, 'leave'>> {
  const hungUp = createHungUpQueue()
  const core = createServingCore(config, (key) => hungUp.add(key))
  const keys = config.keys === undefined ? [] : readCookieKeys(config.keys)
  // This stage reads the cache and writes the table.
  const source = await startSource(core, config)
  // This stage reads packets and the table. It writes packets, metrics and log lines.
  const serving = await startServing(core, config, keys).catch(async (error: unknown) => {
    await source.close()
    throw error
  })
  // This stage tells other pods how much the limits are used, and hears it from them.
  const exchange = startExchange(core, config, hungUp)
  const watch = watchKeys(core, serving, { folder: config.keys, keys })
  return {
    leave: async (hurry) => {
      await serving.leave(hurry)
      watch?.close()
      exchange.close()
      await source.close()
    },
  }
}

function startSource(
  { table, health, metrics, emit, tableChanged }: ServingCore,
  { cache, pod, snapshot }: IngressConfig,
) {
  const { prefix, ...connection } = cache
  return startSnapshotSource({
    cache: createRedisTableCacheReader(prefix, { ...connection, name: `sip-dispatch-ingress-${pod}` }),
    table,
    pod,
    downBackends: () => downBackends(table, health),
    file: snapshot,
    fraction: Math.random,
    onSwap: tableChanged,
    onContact: () => metrics.tableSynced(),
    onDisk: (isCurrent) => metrics.onTableFileWritten(isCurrent),
    onFault: (code, message) => emit({ type: 'fault', code, message }),
  })
}

function startExchange({ limits, emit }: ServingCore, { cache, pod }: IngressConfig, hungUp: HungUpQueue) {
  const { prefix, ...connection } = cache
  return startLimitExchange({
    cache: createRedisLimitCache(prefix, { ...connection, name: `sip-dispatch-ingress-${pod}` }),
    limits,
    hungUp,
    pod,
    onFault: (code, message) => {
      const advice = code === 'cache-permission' ? '; for limits the user needs more rights: docs/security.md' : ''
      emit({ type: 'fault', code, message: `limits are not shared with other pods: ${message}${advice}` })
    },
  })
}

/**
 * Watches the folder of keys. Without a folder, every pod makes its own key. Then only the pod that took a call can route
 * the later requests of the call. This is enough for a trial.
 */
function watchKeys(
  { clock, emit, logger }: ServingCore,
  serving: Serving,
  { folder, keys }: { readonly folder: string | undefined; readonly keys: readonly Buffer[] },
) {
  if (folder === undefined) {
    logger.warn('no --keys: requests inside a dialog are understood by this process only')
    return undefined
  }
  return watchCookieKeys({
    folder,
    clock,
    keys,
    onFault: (code, message) => emit({ type: 'fault', code, message }),
    onKeys: (changed) => {
      serving.setCookieKeys(changed)
      logger.info({ keys: changed.length }, 'cookie keys changed')
    },
  })
}
