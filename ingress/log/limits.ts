/** Limits on the log lines that calls and strangers can cause. */

/** Lines per second about packets of strangers: enough to show a scan, but so few that a scan cannot fill a disk. */
export const STRANGER_LINES_PER_SECOND = 5

/**
 * Lines per second about near misses. They are counted separately from lines about other strangers, so that a scan does not hide
 * near misses.
 */
export const NEAR_MISS_LINES_PER_SECOND = 5

/**
 * Lines per second about packets with a rewritten source. All these lines say the same. They are counted separately from lines
 * about a scan.
 */
export const REWRITTEN_LINES_PER_SECOND = 1

/** Lines per second about faults. Some faults can be caused by every single packet. */
export const FAULT_LINES_PER_SECOND = 10

/** Characters of a value that the sender of a packet chose, such as a Call-ID. Such a value may be as long as a packet. */
export const MAX_VALUE_CHARACTERS = 256

/** Backends that the log line of a call lists with their results. A rule may have 64 backends, but people read the line. */
export const MAX_LOGGED_ATTEMPTS = 8

/**
 * Milliseconds of a window in which lines are counted. At the end of a window, the number of lines that were left out is
 * reported.
 */
export const WINDOW_MS = 1000

/** Bytes that wait in memory if a reader of the log is slow. If more come, log lines are lost, and calls go on. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
