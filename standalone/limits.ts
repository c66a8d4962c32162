/** Names of objects in one line about a change: enough to see what was meant, and the line stays one. */
export const MAX_CHANGED_NAMES = 20

/** Problems of a folder that one reading tells, a line each: whoever mends a hundred runs `lint` for the rest. */
export const MAX_TOLD_PROBLEMS = 100

/** Conditions that one change tells as new, and as over, a line each. */
export const MAX_TOLD_CONDITIONS = 100

/** Characters of the changes in one message between the threads: read in a fraction of a millisecond. */
export const MAX_MESSAGE_LENGTH = 65_536

/** Entries in one message to a thread that is told what the table is. */
export const HELD_PER_MESSAGE = 1000

/**
 * Milliseconds without a step after which a reading is given up. A step is one file, which takes seconds, or the compiler,
 * which takes a second for 100,000 rules; where calls leave the thread a tenth of a core it is ten times as long.
 */
export const READ_SILENCE_MS = 120_000

/** Milliseconds between two signs of life of a reading. */
export const STEP_INTERVAL_MS = 1000

/** Milliseconds before a thread that has died is started anew: the first, and the longest. */
export const RESTART_MS = { least: 500, most: 30_000 } as const

/** Share of the memory that the process may take, up to which the reading thread may: what is left is for calls. */
export const READER_MEMORY_SHARE = 0.66

/** What the reading thread gives way by on Linux, where a thread has a priority of its own: on one core calls come first. */
export const READER_NICENESS = 10
