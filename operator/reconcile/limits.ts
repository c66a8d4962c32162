/** The share of a table that may be removed at once. A larger removal is mostly an accident. */
export const MASS_REMOVAL_SHARE = 0.5

/**
 * The number of entries in a small table. In a table of this size or smaller, the removal of most entries at once is usually no
 * accident.
 */
export const SMALL_TABLE_ENTRIES = 20

/**
 * Removals within this many milliseconds are added up: `kubectl delete --all` removes a thousand objects in some tens of seconds.
 */
export const MASS_REMOVAL_WINDOW_MS = 300_000

/** Milliseconds between two reads of the versions that pods run, while a version is awaited. */
export const READERS_POLL_MS = 200

/** Milliseconds between two such reads while no version is awaited. The metrics still show pods that come, go or fall behind. */
export const READERS_IDLE_POLL_MS = 5_000

/** Milliseconds between two checks that the cache still contains the published table. Only the head is read. */
export const VERIFY_HEAD_MS = 5_000

/** Milliseconds between two checks of every entry. Such a check reads the whole table. */
export const VERIFY_ENTRIES_MS = 600_000

/** Milliseconds between two checks of every entry while a pod reports that it cannot read the table. */
export const VERIFY_DAMAGE_MS = 5_000

/** Milliseconds before the first retry after a table could not be published. The pause doubles with each further retry. */
export const PUBLISH_RETRY_MS = 500

/** The longest pause between two retries, in milliseconds. */
export const PUBLISH_RETRY_LIMIT_MS = 15_000

/** Milliseconds between two checks whether somebody has allowed a held removal. */
export const HELD_REVIEW_MS = 5_000

/**
 * Milliseconds between two attempts to prepare the first term: to read the Lease and the namespace, and to create the Secret
 * with the keys.
 */
export const PREPARATION_RETRY_MS = 5_000

/** A process that stops has this many milliseconds to write its last statuses and Events. */
export const FLUSH_LIMIT_MS = 5_000

/** Milliseconds before a fault that goes on is reported again. */
export const FAULT_REPEAT_MS = 60_000

/** A dry run names this many keys for each kind of change. The counts include the other keys. */
export const MAX_REPORTED_KEYS = 20
