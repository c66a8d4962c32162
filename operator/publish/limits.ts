/** Limits for what one command writes to the shared cache. While a command runs, every other client of the cache waits. */

/**
 * The most characters of one change that goes through the log: some 8,000 rules, 20 ms in the cache. If a change is larger, the
 * whole table is replaced.
 */
export const MAX_DELTA_LENGTH = 4_194_304

/** The most characters of one step in which a whole table is written. */
export const STAGING_LENGTH = 524_288

/** Milliseconds for which an unfinished table stays in the cache after the last step of its writer. */
export const STAGING_EXPIRY_MS = 60_000

/**
 * The most records of the log, the fewest records of the log, and the most characters of all records together. A reader that
 * needs older records reads the whole table.
 */
export const MAX_LOG_RECORDS = 1_000
export const MIN_LOG_RECORDS = 8
export const MAX_LOG_LENGTH = 67_108_864

/** The most pod reports that one command reads. */
export const REPORT_BATCH = 1_000

/** The most attempts of one publication while another writer changes the cache. */
export const MAX_PUBLISH_TRIES = 3
