/**
 * Limits on the log lines that calls and strangers can cause.
 */

/** Lines per second about packets of strangers: enough to show a scan, but so few that a scan cannot fill a disk. */
export const STRANGER_LINES_PER_SECOND = 5

/** Lines per second about near misses. They are counted apart from other strangers, so that a scan does not hide them. */
export const NEAR_MISS_LINES_PER_SECOND = 5

/** Lines per second about packets with a rewritten source. All say the same, and they are counted apart from lines of a scan. */
export const REWRITTEN_LINES_PER_SECOND = 1

/** Lines per second about faults: every single packet can cause some of them. */
export const FAULT_LINES_PER_SECOND = 10

/** Characters of a value that the sender of a packet chose. Such a value, like a Call-ID, may be as long as a packet. */
export const MAX_VALUE_CHARACTERS = 256

/** Backends that the line of a call lists with their results: a rule may have 64 backends, and people read the line. */
export const MAX_LOGGED_ATTEMPTS = 8

/** Milliseconds of a window in which lines are counted. Lines that were left out are reported at its end. */
export const WINDOW_MS = 1000

/** Bytes that wait for a slow reader of the log. If more come, lines are lost, and calls go on. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
