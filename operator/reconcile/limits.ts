/** Share of a table. Up to half of a table may go at once; more than that is mostly an accident. */
export const MASS_REMOVAL_SHARE = 0.5

/** Entries. Of a table this small, most can go in one go without anyone having slipped. */
export const SMALL_TABLE_ENTRIES = 20

/** Milliseconds in which removals add up: `kubectl delete --all` takes a thousand objects away in some tens of seconds. */
export const MASS_REMOVAL_WINDOW_MS = 300_000

/** Milliseconds between looks at which pods run what, while somebody waits for a version. */
export const READERS_POLL_MS = 200

/** The same while nobody waits: pods that come, go or fall behind still show in the metrics. */
export const READERS_IDLE_POLL_MS = 5_000

/** Milliseconds between looks at whether the cache still holds what was published. */
export const VERIFY_HEAD_MS = 5_000

/** The same for every entry in it, which reads the whole table. */
export const VERIFY_ENTRIES_MS = 600_000

/** Milliseconds between two looks at every entry while a pod says that it cannot read them. */
export const VERIFY_DAMAGE_MS = 5_000

/** Milliseconds before the first new try after a table could not be published; each further one doubles it. */
export const PUBLISH_RETRY_MS = 500

/** Milliseconds: no pause between two tries is longer. */
export const PUBLISH_RETRY_LIMIT_MS = 15_000

/** Milliseconds between looks at whether a removal that is held has been allowed. */
export const HELD_REVIEW_MS = 5_000

/** Milliseconds between tries of what must be there before this process can lead: the namespace, the Secret of the keys. */
export const PREPARATION_RETRY_MS = 5_000

/** Milliseconds for the last statuses and Events of a process that stops. */
export const FLUSH_LIMIT_MS = 5_000

/** Milliseconds before a fault that goes on is reported again. */
export const FAULT_REPEAT_MS = 60_000

/** Keys of each kind of change that a dry run names: the counts say the rest. */
export const MAX_REPORTED_KEYS = 20
