import type { ApiObject, ApiObjectMetadata } from '../api/api-object.ts'

/** One object in the store: its identity, and the value that the reader returned for it. */
export interface StoredObject<T> {
  readonly uid: string
  readonly resourceVersion: string
  readonly value: T
}

/** A change of one object. If an object was deleted and created again under the same name, there are two changes. */
export type ObjectChange<T> =
  /** `key` is `namespace/name`. */
  | { readonly type: 'added'; readonly key: string; readonly value: T }
  | { readonly type: 'updated'; readonly key: string; readonly value: T; readonly before: T }
  /** `value` is the last value before the deletion. */
  | { readonly type: 'deleted'; readonly key: string; readonly value: T }

/**
 * Turns an object into the value that is stored. It is called once for each version of an object. `before` is the value of an
 * earlier version. It is undefined for a new object.
 */
export type ObjectReader<T> = (object: ApiObject, before: T | undefined) => T

/** The objects of a collection, as the API server had them at one version of the collection. Keys are `namespace/name`. */
export interface ReflectorStore<T> {
  get(key: string): StoredObject<T> | undefined
  readonly size: number
  entries(): IterableIterator<[string, StoredObject<T>]>
  /** Adds or replaces an object. */
  put(object: ApiObject): ObjectChange<T>[]
  remove(key: string): ObjectChange<T>[]
  /**
   * Reads a page of a list into `into`. The store itself does not change. `replace` later puts the whole list into the store.
   */
  page(items: readonly ApiObject[], into: Map<string, StoredObject<T>>): void
  /** Replaces all objects by the given ones in one step. Returns the changes. */
  replace(objects: ReadonlyMap<string, StoredObject<T>>): ObjectChange<T>[]
}

/** Makes an empty store. */
export function reflectorStore<T>(read: ObjectReader<T>): ReflectorStore<T> {
  let objects = new Map<string, StoredObject<T>>()
  const stored = (object: ApiObject): StoredObject<T> => {
    const { uid, resourceVersion } = object.metadata
    const known = objects.get(keyOf(object.metadata))
    // The object still has the same version, so the stored value is still valid.
    if (known?.uid === uid && known.resourceVersion === resourceVersion) return known
    return { uid, resourceVersion, value: read(object, known?.uid === uid ? known.value : undefined) }
  }
  const put = (object: ApiObject) => {
    const key = keyOf(object.metadata)
    const before = objects.get(key)
    const now = stored(object)
    objects.set(key, now)
    return difference(key, before, now)
  }
  const remove = (key: string) => {
    const before = objects.get(key)
    objects.delete(key)
    return difference(key, before, undefined)
  }
  const page = (items: readonly ApiObject[], into: Map<string, StoredObject<T>>) => {
    for (const object of items) into.set(keyOf(object.metadata), stored(object))
  }
  const replace = (next: ReadonlyMap<string, StoredObject<T>>) => {
    const before = objects
    objects = new Map(next)
    const gone = [...before].filter(([key]) => !next.has(key))
    return [
      ...gone.flatMap(([key, object]) => difference(key, object, undefined)),
      ...[...next].flatMap(([key, object]) => difference(key, before.get(key), object)),
    ]
  }
  return {
    get: (key) => objects.get(key),
    get size() {
      return objects.size
    },
    entries: () => objects.entries(),
    put,
    remove,
    page,
    replace,
  }
}

/** The key of an object, `namespace/name`. */
export function keyOf({ namespace, name }: Pick<ApiObjectMetadata, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

function difference<T>(
  key: string,
  before: StoredObject<T> | undefined,
  now: StoredObject<T> | undefined,
): ObjectChange<T>[] {
  if (before === now) return []
  if (before !== undefined && now !== undefined && before.uid === now.uid) {
    return [{ type: 'updated', key, value: now.value, before: before.value }]
  }
  const deleted = before === undefined ? [] : [{ type: 'deleted' as const, key, value: before.value }]
  const added = now === undefined ? [] : [{ type: 'added' as const, key, value: now.value }]
  return [...deleted, ...added]
}
