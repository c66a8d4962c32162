/** Bounds on what lookups keep, and where they change their method. */

/**
 * Users of digits alone for each region. libphonenumber-js takes some 12 µs a number; a carrier's busy numbers repeat. 65,536 users
 * are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/** Peers. Real ones are few; a flood from forged sources must not grow the pod: 16,384 strangers are about 2 MiB. */
export const MAX_CACHED_PEERS = 16_384

/** Predicates in one list up to which a walk is cheaper than a hash. */
export const MAX_WALKED_PREDICATES = 8

/** Milliseconds of one wait for a change. After each, the head says whether the pod still runs what the cache holds. */
export const FOLLOW_WAIT_MS = 2_000

/** Milliseconds between two tries after the cache has failed: the first, doubled with each, and the longest. */
export const FIRST_RETRY_MS = 100
export const LONGEST_RETRY_MS = 2_000

/** Milliseconds between two reports of the version that a pod runs, and how long each one holds: two may be lost. */
export const REPORT_INTERVAL_MS = 5_000
export const REPORT_EXPIRY_MS = 15_000

/** Milliseconds of work on a table before calls get their turn: what a packet waits at most for it. */
export const SLICE_MS = 4

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

/** Numbers, networks, endpoints and entries that change while calls wait: a millisecond or two. More is a table built anew beside them. */
export const MAX_PARTS_AT_ONCE = 500

/**
 * Milliseconds for each entry, up to which a pod that serves waits before it loads a whole table anew: 3 s at 100,000
 * entries, which are 20 MB. A change too large for the log reaches every pod at once; their reads must not.
 */
export const RELOAD_SPREAD_MS = 0.03

/** Trunks and rules that an explanation tells about: the nearest. Nobody reads on, and the rest only differ more. */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
