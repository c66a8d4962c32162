import type { ApiObject } from '../api/api-object.ts'
import { keyOf, type ObjectChange, type ReflectorStore } from './reflector-store.ts'

/**
 * Compares a full list with a store while a watch goes on keeping that up to date. What the watch tells in the
 * meantime is newer than the list and is no difference; what it has not told long after the list, it has missed.
 */
export interface DriftAudit {
  /** The next page of the list. */
  page(items: readonly ApiObject[]): void
  /** The watch has told something about this object. */
  touch(key: string): void
  /** Every page has been seen: the objects that the watch may have missed something about. */
  suspects(): number
  /** Puts right what the watch still has not told. The changes are what it has missed. */
  repair(): number
}

/** Begins an audit: the list that follows is asked for after this. `onChange` hears of every repair. */
export function driftAudit<T>(store: ReflectorStore<T>, onChange: (change: ObjectChange<T>) => void): DriftAudit {
  const seen = new Set<string>()
  const touched = new Set<string>()
  /** Undefined: the list does not have it. */
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
