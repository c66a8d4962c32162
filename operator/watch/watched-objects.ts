import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { ApiObject } from '../api/api-object.ts'
import type { EndpointSliceRecord, ServiceRecord } from '../compile/service-record.ts'
import type { ReflectorHandlers, ReflectorOptions, ResourceCache } from './reflector.ts'
import type { ReflectorFault } from './reflector-fault.ts'
import type { ObjectChange } from './reflector-store.ts'
import { createResourceCache } from './resource-cache.ts'
import { type WatchedObject, watchedRule, watchedTrunk } from './watched-object.ts'
import { watchedEndpointSlice, watchedService } from './watched-service.ts'

/** The collections that the operator watches. The keys are the names in metrics and readiness. */
const RESOURCES = {
  siptrunks: { group: API_GROUP, version: API_VERSION, plural: 'siptrunks' },
  dispatchrules: { group: API_GROUP, version: API_VERSION, plural: 'dispatchrules' },
  services: { group: '', version: 'v1', plural: 'services' },
  endpointslices: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
} as const

export type WatchedResource = keyof typeof RESOURCES

/** All objects that the operator compiles. They are continually updated from the API server. */
export interface WatchedObjects {
  readonly trunks: ResourceCache<WatchedObject<SipTrunk>>
  readonly rules: ResourceCache<WatchedObject<DispatchRule>>
  readonly services: ResourceCache<ServiceRecord>
  readonly endpointSlices: ResourceCache<EndpointSliceRecord>
  /** The same caches, with the names of the resources as keys. Metrics and readiness use them. */
  readonly byResource: Readonly<Record<WatchedResource, ResourceCache<unknown>>>
  /**
   * Whether the first lists are complete. Before that, nobody knows which objects exist. If the operator has no permission to
   * watch Services and EndpointSlices, the lists of trunks and rules are enough.
   */
  readonly synced: boolean
  /** Whether the first lists of Services and EndpointSlices are complete. */
  readonly servicesKnown: boolean
  /** Whether the API server drops fields that it does not know. */
  readonly fieldsDropped: boolean
  /** Starts to watch trunks, rules, Services and EndpointSlices. It may be called only once. */
  start(handlers: WatchedObjectsHandlers): void
  stop(): void
}

export interface WatchedObjectsOptions extends Pick<ReflectorOptions<unknown>, 'api' | 'clock' | 'random' | 'limits'> {
  /** The namespaces to watch. If empty, all namespaces are watched. */
  readonly namespaces: readonly string[]
  readonly fieldsDropped: () => boolean
}

export interface WatchedObjectsHandlers {
  /**
   * Is called for each change. `key` is `namespace/name`. `status`: only the status or the metadata of a custom resource has
   * changed, which the compiler does not use. An object that was deleted and created again under its name is reported twice. An
   * object that is being deleted is reported again when one of its finalizers is removed.
   */
  readonly onChange: (resource: WatchedResource, key: string, what: 'object' | 'status') => void
  /** Is called when `synced` becomes true. It is called once more if `servicesKnown` becomes true later. */
  readonly onSynced: () => void
  readonly onFault: (resource: WatchedResource, fault: ReflectorFault) => void
  readonly onRecovery: (resource: WatchedResource) => void
}

export function createWatchedObjects(options: WatchedObjectsOptions): WatchedObjects {
  let listed: Listed = 'no'
  const { api, clock, random, limits, namespaces } = options
  const create = <T extends object>(name: WatchedResource, read: (object: ApiObject) => T) =>
    createResourceCache({
      ...{ api, clock, random, namespaces, read, resource: RESOURCES[name] },
      ...(limits === undefined ? {} : { limits }),
    })
  const trunks = create('siptrunks', watchedTrunk)
  const rules = create('dispatchrules', watchedRule)
  const services = create('services', watchedService)
  const endpointSlices = create('endpointslices', watchedEndpointSlice)
  const byResource = { siptrunks: trunks, dispatchrules: rules, services, endpointslices: endpointSlices }
  const look = (handlers: WatchedObjectsHandlers): void => {
    const next = listedNow(byResource)
    if (next === 'no' || next === listed) return
    listed = next
    handlers.onSynced()
  }
  return {
    ...{ trunks, rules, services, endpointSlices, byResource },
    get synced() {
      return listed !== 'no'
    },
    get servicesKnown() {
      return listed === 'all'
    },
    get fieldsDropped() {
      return options.fieldsDropped()
    },
    start: (handlers) => {
      const parts = { handlers, look: () => look(handlers) }
      trunks.start(resourceHandlers('siptrunks', parts))
      rules.start(resourceHandlers('dispatchrules', parts))
      services.start(resourceHandlers('services', parts))
      endpointSlices.start(resourceHandlers('endpointslices', parts))
    },
    stop: () => {
      for (const cache of Object.values(byResource)) cache.stop()
    },
  }
}

interface HandlerParts {
  readonly handlers: WatchedObjectsHandlers
  /** Checks whether the first lists are complete. */
  readonly look: () => void
}

function resourceHandlers(name: WatchedResource, { handlers, look }: HandlerParts): ReflectorHandlers<object> {
  return {
    onChange: (change) => handlers.onChange(name, change.key, changed(change)),
    onSynced: look,
    onFault: (fault) => {
      handlers.onFault(name, fault)
      look()
    },
    onRecovery: () => handlers.onRecovery(name),
  }
}

type Listed = 'no' | 'withoutServices' | 'all'

/**
 * Says which first lists are complete. If the watch of Services is forbidden, the other lists are enough, because backends with
 * an address need no Service.
 */
function listedNow(caches: WatchedObjects['byResource']): Listed {
  const { siptrunks, dispatchrules, services, endpointslices } = caches
  const mayBeRefused = [services, endpointslices]
  if (!siptrunks.synced || !dispatchrules.synced) return 'no'
  if (mayBeRefused.every(({ synced }) => synced)) return 'all'
  const settled = mayBeRefused.every(({ synced, fault }) => synced || fault?.code === 'watch_forbidden')
  return settled ? 'withoutServices' : 'no'
}

/**
 * Whether more than the status has changed. Kubernetes raises the generation only when the spec changes. Services have no
 * generation, so a change of a Service always counts.
 */
function changed(change: ObjectChange<object>): 'object' | 'status' {
  if (change.type !== 'updated') return 'object'
  const { value, before } = change
  const sameSpec = 'generation' in value && 'generation' in before && value.generation === before.generation
  return sameSpec && deletionOf(value) === deletionOf(before) ? 'status' : 'object'
}

function deletionOf(object: object): unknown {
  return 'deletion' in object ? object.deletion : undefined
}
