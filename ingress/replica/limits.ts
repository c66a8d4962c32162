/** How the table is followed, kept in a file and reported: waits, sizes and what a thousand pods do together. */

/** Milliseconds of one wait for a change. After each, the head says whether the pod still runs what the cache holds. */
export const FOLLOW_WAIT_MS = 2_000

/** Milliseconds between two tries after the cache has failed: the first, doubled with each, and the longest. */
export const FIRST_RETRY_MS = 100
export const LONGEST_RETRY_MS = 2_000

/** Milliseconds between two reports of the version that a pod runs, and how long each one holds: two may be lost. */
export const REPORT_INTERVAL_MS = 5_000
export const REPORT_EXPIRY_MS = 15_000

/** Milliseconds between two tries to write the table file after one has failed: a full disk is emptied by people. */
export const FILE_RETRY_MS = 5_000

/**
 * Milliseconds that a report of the version waits for the disk, and a clean end for the last write: 100,000 entries are some
 * 50 MB, which a slow disk takes in two seconds. Beyond it the disk counts as failed.
 */
export const DISK_WAIT_MS = 5_000

/** Characters of a change in the journal, some 500 rules: a millisecond in which calls wait. A larger one is a file anew. */
export const MAX_JOURNAL_LINE_LENGTH = 262_144

/** Bytes of a journal, beyond which the table file is written anew: some 16,000 changed rules, read back in 100 ms. */
export const MAX_JOURNAL_BYTES = 8_388_608

/** Characters of one write to the table file. */
export const FILE_CHUNK_LENGTH = 262_144

/** Bytes of a table file: some 800,000 entries. V8 holds no text of more than 512 MiB. */
export const MAX_FILE_BYTES = 400_000_000

/** Milliseconds from a change of the table to the report of it: what changes in between is one report. */
export const REPORT_DELAY_MS = 20

/**
 * Milliseconds for each entry, up to which a pod that serves waits before it loads a whole table anew: 3 s at 100,000
 * entries, which are 20 MB. A change too large for the log reaches every pod at once; their reads must not.
 */
export const RELOAD_SPREAD_MS = 0.03
