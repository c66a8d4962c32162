/** Limits on the log lines that calls and strangers can cause. */

/**
 * At most this many lines per second about packets of strangers. This is enough to show a scan. A scan cannot fill a disk
 * at this rate.
 */
export const STRANGER_LINES_PER_SECOND = 5

/**
 * At most this many lines per second about near misses. Other strangers have a limit of their own, so a scan does not hide
 * near misses.
 */
export const NEAR_MISS_LINES_PER_SECOND = 5

/**
 * At most this many lines per second about packets with a rewritten source. One line is enough, because all these lines say
 * the same. Packets of a scan have a limit of their own.
 */
export const REWRITTEN_LINES_PER_SECOND = 1

/**
 * At most this many lines per second about numbers that are called very often. One line shows a circle. If there are many such
 * numbers, the next lines say the same.
 */
export const REPEATED_NUMBER_LINES_PER_SECOND = 1

/**
 * At most this many lines per second about faults. The limit is needed because a sender can cause some faults with every
 * packet.
 */
export const FAULT_LINES_PER_SECOND = 10

/**
 * At most this many lines per second about names of backends. When a DNS server dies, all names of a table fail at the same
 * time.
 */
export const NAME_LINES_PER_SECOND = 10

/** A line about a name shows at most this many addresses. */
export const NAMED_PEERS = 8

/**
 * At most this many characters of a value that the sender of a packet chose, such as a Call-ID. Without this limit, the
 * value could be as long as a packet.
 */
export const MAX_VALUE_CHARACTERS = 256

/**
 * At most this many backends are listed with their results in the log line of a call. A rule may have 64 backends. People
 * read the line, so it must be short.
 */
export const MAX_LOGGED_ATTEMPTS = 8

/**
 * Milliseconds of a window in which lines are counted. At the end of each window, one line says how many lines were left
 * out.
 */
export const WINDOW_MS = 1000

/**
 * At most this many bytes of log lines wait in memory while the reader of the log is slow. If more bytes come, log lines
 * are lost, and calls go on.
 */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

/**
 * Milliseconds that the line of a call waits for other lines, so that they are written together. A reader does not notice such
 * a delay. If the process is killed, at most the lines of this time are lost.
 */
export const LINES_WAIT_MS = 100

/**
 * At most this many characters of lines wait to be written together. These are about twenty lines of calls. A larger number
 * would save hardly any more work.
 */
export const MAX_BATCH_CHARACTERS = 8192
