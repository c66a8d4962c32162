/**
 * A map that drops old keys. It never has more than `limit` keys. The `limit / 2` keys that were used last are always
 * retained.
 */
export interface BoundedCache<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  clear(): void
}

/**
 * The cache has two halves. When the younger half is full, all keys of the older half are dropped. So no order and no count
 * of uses is needed.
 */
export function createBoundedCache<K, V>(limit: number): BoundedCache<K, V> {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  const set = (key: K, value: V) => {
    if (young.size >= limit / 2) [old, young] = [young, new Map()]
    young.set(key, value)
  }
  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    clear() {
      young = new Map()
      old = new Map()
    },
  }
}
