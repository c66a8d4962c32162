/**
 * Time limits and sizes for the shared cache. Calls never wait for the cache. The time limits only decide when a connection
 * counts as lost.
 */

/** To open a connection takes at most this many milliseconds, including TLS and authentication. */
export const CONNECT_TIMEOUT_MS = 5_000

/**
 * To connect to one sentinel takes at most this many milliseconds. If the node of a sentinel is gone, nothing refuses the
 * connection. So this limit must be short, to leave time for the other sentinels.
 */
export const SENTINEL_TIMEOUT_MS = 1_000

/**
 * One command takes at most this many milliseconds, without the time that the command itself waits (`BLOCK`). A half-open
 * connection is noticed after this time. To read a chunk of a table takes about 10 ms.
 */
export const COMMAND_TIMEOUT_MS = 5_000

/**
 * Milliseconds of the pause between two attempts to connect: the first pause and the longest. Each failure doubles the
 * pause.
 */
export const FIRST_RETRY_MS = 100
export const LONGEST_RETRY_MS = 2_000

/**
 * One HSCAN step reads about this many entries, which are about 500 KB. Other clients of the cache wait for about a
 * millisecond during a step.
 */
export const SCAN_ENTRIES = 1_000

/**
 * At most this many attempts are made to read a whole table. An attempt fails if the table changes and the log does not
 * contain the change.
 */
export const MAX_SNAPSHOT_TRIES = 5

/** At most this many records are taken by one read of the log. */
export const LOG_READ_RECORDS = 100

/** Bytes of the largest file with a password. */
export const MAX_PASSWORD_BYTES = 4_096

/** Bytes of the largest file of certificates or of a key. A bundle of every public authority has 250 KB. */
export const MAX_PEM_BYTES = 1_048_576
