/**
 * Bounds on what calls and strangers can make the log write.
 */

/** Lines per second about packets of strangers: enough to see a scan, too few for a scan to fill a disk. */
export const STRANGER_LINES_PER_SECOND = 5

/** Lines per second about drops that almost were a trunk's: apart from strangers, so that a scan does not hide them. */
export const NEAR_MISS_LINES_PER_SECOND = 5

/** Lines per second about packets whose source was rewritten: they all say the same, and are apart from those of a scan. */
export const REWRITTEN_LINES_PER_SECOND = 1

/** Lines per second about faults: some can be set off by every packet. */
export const FAULT_LINES_PER_SECOND = 10

/** Characters of a value that the sender of a packet chose, a Call-ID for one, which may be as long as a packet. */
export const MAX_VALUE_CHARACTERS = 256

/** Backends that the line of a call names with what came of them: a rule may have 64, and a line is read by people. */
export const MAX_LOGGED_ATTEMPTS = 8

/** Milliseconds over which lines are counted; what was left out is reported at its end. */
export const WINDOW_MS = 1000

/** Bytes that wait for a slow reader of the log; beyond them lines are lost, and calls go on. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
