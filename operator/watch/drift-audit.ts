import type { ApiObject } from '../api/api-object.ts'
import { keyOf, type ObjectChange, type ReflectorStore } from './reflector-store.ts'

/**
 * Compares a full list with a store while a watch keeps the store up to date. An object that the watch reports during the
 * audit is newer than the list, so it is not compared. A difference that the watch has not reported long after the list is
 * an event that the watch has missed.
 */
export interface DriftAudit {
  /** The next page of the list. */
  page(items: readonly ApiObject[]): void
  /** The watch has brought an event about this object. */
  touch(key: string): void
  /** To be called after the last page. Returns the number of objects about which the watch may have missed an event. */
  suspects(): number
  /** Corrects the objects about which the watch has still brought no event. Returns their number. */
  repair(): number
}

/** Begins an audit. The caller must request the list after this call. `onChange` is called for every correction. */
export function driftAudit<T>(store: ReflectorStore<T>, onChange: (change: ObjectChange<T>) => void): DriftAudit {
  const seen = new Set<string>()
  const touched = new Set<string>()
  /** By key, the object as the list has it; undefined if it is absent from the list. */
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
