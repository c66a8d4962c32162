/** Share of a table. Up to half of a table may be removed at once. A larger removal is mostly an accident. */
export const MASS_REMOVAL_SHARE = 0.5

/** Entries. In a table of this size or smaller, the removal of most entries at once is usually no accident. */
export const SMALL_TABLE_ENTRIES = 20

/** Milliseconds in which removals are added up: `kubectl delete --all` removes a thousand objects in some tens of seconds. */
export const MASS_REMOVAL_WINDOW_MS = 300_000

/** Milliseconds between two looks at the versions that pods run, while a version is awaited. */
export const READERS_POLL_MS = 200

/** The same while no version is awaited: the metrics still show pods that come, go or fall behind. */
export const READERS_IDLE_POLL_MS = 5_000

/** Milliseconds between two checks that the cache still contains the published table. Only the head is read. */
export const VERIFY_HEAD_MS = 5_000

/** The same for every entry. This reads the whole table. */
export const VERIFY_ENTRIES_MS = 600_000

/** The same for every entry while a pod reports that it cannot read the table. */
export const VERIFY_DAMAGE_MS = 5_000

/** Milliseconds before the first retry after a table could not be published. The pause doubles with each further retry. */
export const PUBLISH_RETRY_MS = 500

/** The longest pause between two retries, in milliseconds. */
export const PUBLISH_RETRY_LIMIT_MS = 15_000

/** Milliseconds between two checks of whether a held removal has been allowed. */
export const HELD_REVIEW_MS = 5_000

/**
 * Milliseconds between two attempts to prepare the first term: to read the Lease and the namespace, and to create the Secret
 * with the keys.
 */
export const PREPARATION_RETRY_MS = 5_000

/** Milliseconds that a process that stops has for its last statuses and Events. */
export const FLUSH_LIMIT_MS = 5_000

/** Milliseconds before a fault that goes on is reported again. */
export const FAULT_REPEAT_MS = 60_000

/** Keys of each kind of change that a dry run names. The counts include the other keys. */
export const MAX_REPORTED_KEYS = 20
