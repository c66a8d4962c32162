/** Version of the cache's format. This folder defines the format. A reader refuses every other version. */
export const CACHE_PROTOCOL = 1

/** Names of one installation's keys. They share one hash tag, so that Redis Cluster keeps them on one node. */
export interface CacheKeys {
  /** String: JSON of a `CacheHead`. */
  readonly head: string
  /** Hash. It maps `kind/namespace/name` to the entry's JSON. */
  readonly entries: string
  /** Stream of changes. The id of a record is `<version>-0`. */
  readonly log: string
  /** Set of the pods that have reported their position. */
  readonly readers: string
  /** String that expires: JSON of the position of a pod's table. */
  reader(pod: string): string
  /** Hash that expires: a whole table that the writer with this epoch has not finished writing. */
  staging(epoch: number): string
}

const PREFIX = /^[A-Za-z0-9._:/-]{1,128}$/

/** Throws a RangeError if the prefix is invalid, for example if it contains a hash tag. */
export function cacheKeys(prefix: string): CacheKeys {
  if (!PREFIX.test(prefix)) {
    throw new RangeError(`${prefix} is no prefix of cache keys: use 1 to 128 letters, digits and . _ : / -`)
  }
  const tag = `{${prefix}}`
  return {
    head: `${tag}:head`,
    entries: `${tag}:entries`,
    log: `${tag}:log`,
    readers: `${tag}:readers`,
    reader: (pod) => `${tag}:reader:${pod}`,
    staging: (epoch) => `${tag}:staging:${epoch}`,
  }
}
