/** Watches the Kubernetes API. Reads: objects and their definitions. Writes: the caches that the other stages read. */
import { systemClock } from '../../ingress/time/dated-clock.ts'
import type { StatusTarget } from '../kubernetes-writes/status-writer.ts'
import type { OperatorConfig } from '../operator-config.ts'
import { watchedConditions } from '../reconcile/watched-conditions.ts'
import { createDefinitionWatch } from '../watch/definition-watch.ts'
import { SETTLE_LIMIT_MS, SETTLE_QUIET_MS, STALE_WATCH_MS } from '../watch/limits.ts'
import type { ResourceCache } from '../watch/reflector.ts'
import { settle } from '../watch/settle.ts'
import { createWatchedObjects, type WatchedObjects, type WatchedResource } from '../watch/watched-objects.ts'
import type { OperatorCore } from './operator-core.ts'

export interface WatchStage {
  /** The watched objects. Empty before the start. */
  readonly objects: WatchedObjects
  /**
   * Returns why this operator knows too little to lead. For example, some objects are not listed yet, or no data has arrived
   * for `STALE_WATCH_MS`.
   */
  reasons(): string[]
  /** Starts the watch. Returns a function that ends the watch. */
  start(listener: WatchListener): () => void
}

export interface WatchListener {
  /** Objects or their definitions have changed. Changes that arrive together cause only one call. */
  onChange(): void
  /** Every object has been listed. This is called again if Services could be listed only later. */
  onSynced(): void
  /** Only the status or the metadata of an object has changed. */
  onStatus(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void
}

export function createWatchStage(core: OperatorCore, { namespaces }: OperatorConfig): WatchStage {
  const { client, metrics, onFault } = core
  const definitions = createDefinitionWatch({ api: client, clock: systemClock, onFault })
  const objects = createWatchedObjects({
    ...{ api: client, clock: systemClock, random: Math.random, namespaces },
    fieldsDropped: () => definitions.fieldsDropped,
  })
  metrics.outdated(() => definitions.outdated)
  for (const [resource, cache] of Object.entries(objects.byResource)) metrics.watch(resource, () => cache)
  metrics.resources(() => watchedConditions(objects))
  return {
    objects,
    reasons: () => Object.entries(objects.byResource).flatMap(([name, cache]) => unwatchedReasons(name, cache)),
    start: (listener) => {
      const settler = settle({ quiet: SETTLE_QUIET_MS, limit: SETTLE_LIMIT_MS }, systemClock, () => listener.onChange())
      const onChange = (): void => settler.touch()
      definitions.start(onChange)
      startObjects(core, objects, { ...listener, onChange })
      return () => {
        settler.stop()
        definitions.stop()
        objects.stop()
      }
    },
  }
}

function unwatchedReasons(resource: string, { fault, synced, lastContactAt = 0 }: ResourceCache<unknown>): string[] {
  if (fault) return [`${resource}: ${fault.message}`]
  if (!synced) return [`${resource}: the first list is not complete`]
  const silentMs = systemClock.now() - lastContactAt
  return silentMs > STALE_WATCH_MS ? [`${resource}: not a word for ${Math.round(silentMs / 1000)} s`] : []
}

function startObjects({ logger, onFault }: OperatorCore, objects: WatchedObjects, listener: WatchListener): void {
  objects.start({
    onChange: (resource, key, what) => {
      if (what === 'object') listener.onChange()
      else reportStatus(listener, resource, key)
    },
    onSynced: () => {
      listener.onSynced()
      listener.onChange()
    },
    onFault: (resource, { code, message }) => onFault(code, `${resource}: ${message}`),
    onRecovery: (resource) => logger.info({ resource }, 'watched again'),
  })
}

/** The resources whose status the operator writes. */
const STATUS_KINDS: Readonly<Partial<Record<WatchedResource, StatusTarget['kind']>>> = {
  siptrunks: 'SipTrunk',
  dispatchrules: 'DispatchRule',
}

function reportStatus(listener: WatchListener, resource: WatchedResource, key: string): void {
  const kind = STATUS_KINDS[resource]
  const [namespace = '', name = ''] = key.split('/')
  if (kind) listener.onStatus({ kind, namespace, name })
}
