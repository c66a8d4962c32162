/**
 * Time limits and size limits for a pod that follows the table, writes it to a file and reports its version. The values
 * also work with a thousand pods.
 */

/**
 * Milliseconds of one wait for a change. After a wait without a change, the pod reads the head, to see whether it has the
 * newest table.
 */
export const FOLLOW_WAIT_MS = 2_000

/**
 * Milliseconds of the pause between two attempts after the cache has failed: the first pause and the longest. Each failure
 * doubles the pause.
 */
export const FIRST_RETRY_MS = 100
export const LONGEST_RETRY_MS = 2_000

/**
 * Milliseconds between two reports of the version that a pod runs, and milliseconds until a report expires. A report still
 * counts when the next two reports are lost.
 */
export const REPORT_INTERVAL_MS = 5_000
export const REPORT_EXPIRY_MS = 15_000

/**
 * Milliseconds between two attempts to write the table file after a failed attempt. The pause is long, because only a
 * person can empty a full disk.
 */
export const FILE_RETRY_MS = 5_000

/**
 * A report of the version waits at most this many milliseconds for the disk. A process that ends waits as long for the last
 * write. 100,000 entries are about 50 MB, which a slow disk writes in two seconds. A slower disk counts as failed.
 */
export const DISK_WAIT_MS = 5_000

/**
 * Characters of the largest change in the journal: about 500 rules. Calls wait for a millisecond while such a change is
 * encoded. A larger change leads to a new table file.
 */
export const MAX_JOURNAL_LINE_LENGTH = 262_144

/**
 * Bytes of the largest journal: about 16,000 changed rules, which are read back in 100 ms. If the journal becomes larger,
 * the table file is written again.
 */
export const MAX_JOURNAL_BYTES = 8_388_608

/** The table file is written in pieces. Each piece except the last has at least this many characters. */
export const FILE_CHUNK_LENGTH = 262_144

/**
 * Bytes of the largest table file: about 800,000 entries. The limit is below 512 MiB, because a text in V8 cannot be
 * longer.
 */
export const MAX_FILE_BYTES = 400_000_000

/** Milliseconds from a change of the table to its report. All changes in this time make one report. */
export const REPORT_DELAY_MS = 20

/**
 * Milliseconds per entry of the table. If a change is too large for the log, all pods must load the whole table again. Each
 * serving pod first waits a random time, so that not all pods read at once. The longest wait is this number times the
 * number of entries: 3 s for 100,000 entries, which are 20 MB.
 */
export const RELOAD_SPREAD_MS = 0.03

/**
 * Milliseconds between two reports about the limits that pods share, at least. Within this time a pod does not know what others
 * have let pass.
 */
export const USE_INTERVAL_MS = 1_000

/**
 * Milliseconds that each pod adds to the time between two reports. Every pod reads the reports of all, so with many pods they are
 * read less often: with 100 pods each second, with 1,000 pods every ten seconds.
 */
export const USE_INTERVAL_PER_POD_MS = 10

/** Milliseconds after which the reports of all pods expire, if no pod renews them. No pod needs them after so long. */
export const USES_EXPIRY_MS = 120_000

/** Milliseconds that a hung-up call waits until other pods are told. Many of them then go in one message. */
export const TELL_DELAY_MS = 200

/** Milliseconds of one wait for hung-up calls of other pods. */
export const HEAR_WAIT_MS = 2_000

/** At most this many messages about hung-up calls are read at once. */
export const HEARD_AT_ONCE = 100

/**
 * About this many messages about hung-up calls stay in the cache, each with at most a thousand calls. A pod that hears nothing for
 * longer counts those calls until their time is over.
 */
export const KEPT_MESSAGES = 1_000

/** Milliseconds after which the messages about hung-up calls expire, if no new one comes. */
export const MESSAGES_EXPIRY_MS = 600_000
