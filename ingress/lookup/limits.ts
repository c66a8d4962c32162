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

/** Milliseconds from a change to the table file, and between two writes of it: 100,000 entries are some 50 MB. */
export const FILE_DELAY_MS = 1_000
export const FILE_INTERVAL_MS = 10_000

/** Characters of one write to the table file. */
export const FILE_CHUNK_LENGTH = 262_144

/** Bytes of a table file: some 800,000 entries. V8 holds no text of more than 512 MiB. */
export const MAX_FILE_BYTES = 400_000_000

/** Milliseconds from a change of the table to the report of it: what changes in between is one report. */
export const REPORT_DELAY_MS = 20

/** Share of a table up to which another one comes as a change of it. Beyond that, building all of it anew is faster. */
export const MAX_CHANGED_SHARE = 0.25

/**
 * Milliseconds for each entry, up to which a pod that serves waits before it loads a whole table anew: 3 s at 100,000
 * entries, which are 20 MB. A change too large for the log reaches every pod at once; their reads must not.
 */
export const RELOAD_SPREAD_MS = 0.03

/** Trunks and rules that an explanation tells about: the nearest. Nobody reads on, and the rest only differ more. */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
