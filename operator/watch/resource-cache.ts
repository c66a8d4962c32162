import type { ApiResource } from '../api/api-resource.ts'
import { createReflector, type Reflector, type ReflectorOptions, type RestartReason } from './reflector.ts'

export interface ResourceCacheOptions<T> extends Omit<ReflectorOptions<T>, 'resource'> {
  readonly resource: Omit<ApiResource, 'namespace'>
  /**
   * The namespaces to watch. Each namespace gets its own watch, which needs only a Role in this namespace. If the list is
   * empty, all namespaces are watched, which needs a ClusterRole.
   */
  readonly namespaces: readonly string[]
}

/**
 * Puts the objects of one kind into one cache. They come from all namespaces or from some. `onSynced` is called once, when the
 * first list of each namespace is complete.
 */
export function createResourceCache<T>(options: ResourceCacheOptions<T>): Reflector<T> {
  const { resource, namespaces } = options
  if (namespaces.length === 0) return createReflector({ ...options, resource })
  return joined(
    [...new Set(namespaces)].map((namespace) => createReflector({ ...options, resource: { ...resource, namespace } })),
  )
}

function joined<T>(parts: readonly Reflector<T>[]): Reflector<T> {
  const total = (count: (part: Reflector<T>) => number) => parts.reduce((sum, part) => sum + count(part), 0)
  return {
    get synced() {
      return parts.every((part) => part.synced)
    },
    get size() {
      return total((part) => part.size)
    },
    *objects() {
      for (const part of parts) yield* part.objects()
    },
    get: (key) => parts.map((part) => part.get(key)).find((value) => value !== undefined),
    get lastContactAt() {
      return earliest(parts.map((part) => part.lastContactAt))
    },
    get fault() {
      return parts.map((part) => part.fault).find((fault) => fault !== undefined)
    },
    get restarts() {
      const of = (reason: RestartReason) => total((part) => part.restarts[reason])
      const bySelf = { ended: of('ended'), cutShort: of('cutShort'), expired: of('expired') }
      return { ...bySelf, refused: of('refused'), failed: of('failed'), silent: of('silent') }
    },
    get events() {
      return total((part) => part.events)
    },
    get drift() {
      return total((part) => part.drift)
    },
    start: (handlers) => {
      let waiting = parts.length
      const onSynced = () => {
        waiting--
        if (waiting === 0) handlers.onSynced()
      }
      for (const part of parts) part.start({ ...handlers, onSynced })
    },
    stop: () => {
      for (const part of parts) part.stop()
    },
  }
}

/** The earliest of the times. Undefined if one of them is undefined: then no data for one namespace has arrived yet. */
function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === times.length ? Math.min(...known) : undefined
}
