/** Version of the cache's format. The code of this folder defines the format. A reader refuses every other version. */
export const CACHE_PROTOCOL = 1

/** Names of one installation's keys. They share one hash tag, so that Redis Cluster stores them on one node. */
export interface CacheKeys {
  /** A string: JSON of a `CacheHead`. */
  readonly head: string
  /** A hash. It maps `kind/namespace/name` to the entry's JSON. */
  readonly entries: string
  /** A stream of changes. The id of a record is `<version>-0`. */
  readonly log: string
  /** The set of the pods that have reported their position. */
  readonly readers: string
  /** A string that expires: JSON of the position of a pod's table. */
  reader(pod: string): string
  /** A string that expires: JSON of the names of the backends that a pod has found down. Absent: none. */
  downBackends(pod: string): string
  /** A hash that expires. It maps the name of a pod to its report about the limits that pods share. */
  readonly uses: string
  /** A stream that expires: the calls that were hung up in one pod and may be counted in another one. */
  readonly hungUp: string
  /** A hash that expires. It contains a whole table while the writer with this epoch is still writing the table. */
  staging(epoch: number): string
}

const PREFIX = /^[A-Za-z0-9._:/-]{1,128}$/

/** Makes the names of the keys. Throws a RangeError if the prefix is invalid, for example if it contains a hash tag. */
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
    // The name begins like that of the position, so that the access rules of caches need no change.
    downBackends: (pod) => `${tag}:reader:${pod}:down`,
    uses: `${tag}:uses`,
    hungUp: `${tag}:hungup`,
    staging: (epoch) => `${tag}:staging:${epoch}`,
  }
}
