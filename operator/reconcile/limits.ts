/** At most this share of a table may be removed at once. A larger removal is usually an accident, so it is held. */
export const MASS_REMOVAL_SHARE = 0.5

/** A table with at most this many entries is small. Removing most of a small table at once is usually not an accident. */
export const SMALL_TABLE_ENTRIES = 20

/**
 * Removals within this many milliseconds are added up. `kubectl delete --all` needs some tens of seconds to remove a thousand
 * objects.
 */
export const MASS_REMOVAL_WINDOW_MS = 300_000

/** Milliseconds between two reads of the versions that pods run, while the operator waits for the pods to reach a version. */
export const READERS_POLL_MS = 200

/**
 * Milliseconds between two reads of the versions that pods run, when the operator does not wait for the pods. Metrics use these
 * reads to show pods that come, go or fall behind.
 */
export const READERS_IDLE_POLL_MS = 5_000

/** Milliseconds between two checks that the cache still has the published table. These checks read only the head. */
export const VERIFY_HEAD_MS = 5_000

/** Milliseconds between two checks of all entries. Each of these checks reads the whole table. */
export const VERIFY_ENTRIES_MS = 600_000

/** Milliseconds between two checks of all entries while a pod reports that it cannot read the table. */
export const VERIFY_DAMAGE_MS = 5_000

/** Milliseconds before the first retry if a table could not be published. With each further retry the pause doubles. */
export const PUBLISH_RETRY_MS = 500

/** The longest pause between two retries, in milliseconds. */
export const PUBLISH_RETRY_LIMIT_MS = 15_000

/** Milliseconds between two checks whether somebody has allowed a held removal. */
export const HELD_REVIEW_MS = 5_000

/**
 * Milliseconds between two attempts to prepare the first term. The preparation reads the Lease and the namespace, and creates
 * the Secret with the keys.
 */
export const PREPARATION_RETRY_MS = 5_000

/** Milliseconds that a stopping process has for writing its last statuses and Events. */
export const FLUSH_LIMIT_MS = 5_000

/** Milliseconds before a fault that goes on is reported again. */
export const FAULT_REPEAT_MS = 60_000

/** The most keys that a dry run names for each kind of change. The counts of a dry run include all keys. */
export const MAX_REPORTED_KEYS = 20
