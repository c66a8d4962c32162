/**
 * Limits of the amount that one command writes to the shared cache. While a command runs, every other client of the cache waits.
 */

/**
 * Characters of one change that goes through the log: some 8,000 rules, 20 ms in the cache. For a larger change the whole
 * table is replaced.
 */
export const MAX_DELTA_LENGTH = 4_194_304

/** Characters of one step in which a whole table is written. */
export const STAGING_LENGTH = 524_288

/** Milliseconds for which an unfinished table stays in the cache after its last step. */
export const STAGING_EXPIRY_MS = 60_000

/**
 * The most and the fewest records of the log, and the most characters of all records together. A reader that needs older records
 * reads the whole table.
 */
export const MAX_LOG_RECORDS = 1_000
export const MIN_LOG_RECORDS = 8
export const MAX_LOG_LENGTH = 67_108_864

/** The most pod reports that one command reads. */
export const REPORT_BATCH = 1_000

/** Attempts of one publication, if another writer changes the cache at the same time. */
export const MAX_PUBLISH_TRIES = 3
