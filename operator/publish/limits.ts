/** Limits for what one command writes to the shared cache. While a command runs, all other clients of the cache wait. */

/**
 * The most characters of one change that goes through the log. This is enough for some 8,000 rules, and takes 20 ms in the
 * cache. If a change is larger, the whole table is replaced.
 */
export const MAX_DELTA_LENGTH = 4_194_304

/** When a whole table is written in steps, the most characters of one step. */
export const STAGING_LENGTH = 524_288

/** Milliseconds for which an unfinished table stays in the cache after the last step of its writer. */
export const STAGING_EXPIRY_MS = 60_000

/**
 * The log has at most MAX_LOG_RECORDS records. If these would be longer than MAX_LOG_LENGTH characters together, the log has
 * fewer records, but at least MIN_LOG_RECORDS. A reader that needs an older record reads the whole table.
 */
export const MAX_LOG_RECORDS = 1_000
export const MIN_LOG_RECORDS = 8
export const MAX_LOG_LENGTH = 67_108_864

/** The most pod reports that one command reads. */
export const REPORT_BATCH = 1_000

/** The most attempts to publish one table. An attempt fails if another writer changes the cache at the same time. */
export const MAX_PUBLISH_TRIES = 3
