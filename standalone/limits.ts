/** Names of objects in one log line about a change: enough to recognize the change, and few enough for a readable line. */
export const MAX_CHANGED_NAMES = 20

/** Problems of a folder that are reported after one reading, with a line for each. `lint` shows more of them. */
export const MAX_REPORTED_PROBLEMS = 100

/** Conditions that are new or over, and are reported after one change, with a line for each. */
export const MAX_REPORTED_CONDITIONS = 100

/**
 * Characters of the changes in one message between the threads. One such message takes a fraction of a millisecond of work.
 */
export const MAX_MESSAGE_LENGTH = 65_536

/** Entries in one message. Such messages give a new thread the hashes of the table in use. */
export const ENTRIES_PER_MESSAGE = 1000

/**
 * A reading is given up if it makes no step for this many milliseconds. A step is the reading of one file, which takes
 * seconds, or the run of the compiler, which takes a second for 100,000 rules. When calls use so much CPU that only a tenth of
 * a core remains for the reading thread, a step takes ten times as long.
 */
export const READ_SILENCE_MS = 120_000

/** Milliseconds between two signs of life of a reading. */
export const STEP_INTERVAL_MS = 1000

/** Milliseconds before a new thread replaces a thread that has ended: the first pause, and the longest. */
export const RESTART_MS = { least: 500, most: 30_000 } as const

/** The share of the process's memory that the reading thread may use. The rest is for calls. */
export const READER_MEMORY_SHARE = 0.66

/** The nice value of the reading thread. On Linux each thread has its own value: with only one core, calls come first. */
export const READER_NICENESS = 10
