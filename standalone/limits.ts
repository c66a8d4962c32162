/**
 * The most names of objects in one log line about a change. They are enough to recognize the change, and the line stays
 * readable.
 */
export const MAX_CHANGED_NAMES = 20

/**
 * The most problems of a folder that are reported after one reading. Each problem has its own line. `lint` shows more problems.
 */
export const MAX_REPORTED_PROBLEMS = 100

/** The most conditions that are reported after one change, as new or as over. Each condition has its own line. */
export const MAX_REPORTED_CONDITIONS = 100

/**
 * The most characters of the changes in one message between the threads. Handling such a message takes a fraction of a
 * millisecond.
 */
export const MAX_MESSAGE_LENGTH = 65_536

/** At most this many entries per message, when a new thread gets the hashes of the table in use. */
export const ENTRIES_PER_MESSAGE = 1000

/**
 * A reading is given up if no step ends for this many milliseconds. A step is the reading of one file (seconds) or the run of
 * the compiler (one second for 100,000 rules). If calls leave only a tenth of a core for the reading thread, a step takes ten
 * times as long.
 */
export const READ_SILENCE_MS = 120_000

/** Milliseconds between two signs of life of a reading. */
export const STEP_INTERVAL_MS = 1000

/** Milliseconds between the end of a thread and the start of a new one. `least` is the first pause, `most` the longest. */
export const RESTART_MS = { least: 500, most: 30_000 } as const

/** The share of the process's memory that the reading thread may use. The rest is for calls. */
export const READER_MEMORY_SHARE = 0.66

/**
 * The nice value of the reading thread. On Linux each thread has its own nice value. If there is only one core, calls come
 * first.
 */
export const READER_NICENESS = 10
