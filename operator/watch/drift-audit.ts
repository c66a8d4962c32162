import type { ApiObject } from '../api/api-object.ts'
import { keyOf, type ObjectChange, type ReflectorStore } from './reflector-store.ts'

/**
 * Compares a full list with a store, while a watch keeps the store up to date. An object that the watch reports during the
 * audit is newer than the list, so it is not compared. If some time after the list the watch still has not reported a
 * difference, the watch has missed an event.
 */
export interface DriftAudit {
  /** Accepts the next page of the list. */
  page(items: readonly ApiObject[]): void
  /** Must be called when the watch has reported an event about this object. */
  touch(key: string): void
  /** Must be called after the last page. Returns the number of objects about which the watch may have missed an event. */
  suspects(): number
  /** Corrects the objects about which the watch has still reported no event. Returns the number of these objects. */
  repair(): number
}

/** Begins an audit. The caller must request the list after this call. `onChange` is called for every correction. */
export function driftAudit<T>(store: ReflectorStore<T>, onChange: (change: ObjectChange<T>) => void): DriftAudit {
  const seen = new Set<string>()
  const touched = new Set<string>()
  /**
   * The objects about which the watch may have missed an event. A value is the object in the list, or undefined if the list
   * does not have it.
   */
  const suspects = new Map<string, ApiObject | undefined>()
  const page = (items: readonly ApiObject[]) => {
    for (const object of items) {
      const { uid, resourceVersion } = object.metadata
      const key = keyOf(object.metadata)
      const stored = store.get(key)
      seen.add(key)
      const same = stored?.uid === uid && stored.resourceVersion === resourceVersion
      if (!same && !touched.has(key)) suspects.set(key, object)
    }
  }
  const touch = (key: string) => {
    touched.add(key)
    suspects.delete(key)
  }
  const listed = () => {
    for (const [key] of store.entries()) if (!seen.has(key) && !touched.has(key)) suspects.set(key, undefined)
    return suspects.size
  }
  const repair = () => {
    for (const [key, object] of suspects) {
      for (const change of object === undefined ? store.remove(key) : store.put(object)) onChange(change)
    }
    return suspects.size
  }
  return { page, touch, suspects: listed, repair }
}
