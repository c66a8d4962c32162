/** Bounds on what is written to the shared cache at once. One command holds up every other client of it. */

/** Characters of one change that goes through the log, some 8,000 rules: 20 ms in the cache. A larger one replaces the table. */
export const MAX_DELTA_LENGTH = 4_194_304

/** Characters of one step of a whole table on its way in. */
export const STAGING_LENGTH = 524_288

/** Milliseconds after its last step that an unfinished table stays in the cache. */
export const STAGING_EXPIRY_MS = 60_000

/** Records of the log at most and at least, and characters of them together: a reader that has been away longer reads the whole table. */
export const MAX_LOG_RECORDS = 1_000
export const MIN_LOG_RECORDS = 8
export const MAX_LOG_LENGTH = 67_108_864

/** Pods of one read of their reports. */
export const REPORT_BATCH = 1_000

/** Tries of one publication while somebody else changes the cache under it. */
export const MAX_PUBLISH_TRIES = 3
