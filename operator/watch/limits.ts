/** Bytes of one manifest file. The time to read YAML grows with the size, and a ConfigMap holds 1 MiB at most. */
export const MAX_MANIFEST_BYTES = 5_000_000

/** The most values that aliases may add to the documents of one file. kubectl allows this number in one document. */
export const MAX_ALIASED_NODES = 400_000

/** The largest share of a document that may come from aliases, as in kubectl. The share has no limit in smaller documents. */
export const ALIAS_SHARE = { most: 0.99, leastAliased: 100, leastNodes: 1_000 } as const

/**
 * The most documents that one file can hold. The position of an object in the folder is the index of its file, multiplied by this
 * number, plus the index of the object in the file.
 */
export const MAX_FILE_DOCUMENTS = 1_048_576

/** A folder is read again after this many milliseconds without a further change, because editors write in several steps. */
export const SETTLE_QUIET_MS = 100

/** If changes go on, a folder is read again at the latest this many milliseconds after the first change. */
export const SETTLE_LIMIT_MS = 500

/**
 * Milliseconds between two checks of a folder. The checks are needed because some file systems report no changes (network mounts,
 * links).
 */
export const FOLDER_POLL_MS = 400

/** Objects on one page of a list, as in client-go. A page of this many rules has some hundred kilobytes. */
export const LIST_PAGE_OBJECTS = 500

/**
 * Seconds after which the API server ends a watch. Each watch draws its own number, so that watches do not end together
 * (client-go).
 */
export const WATCH_TIMEOUT_SECONDS = { least: 300, most: 600 } as const

/**
 * If nothing has arrived from the API server for this many milliseconds, the known objects count as stale. Bookmarks come every
 * minute.
 */
export const STALE_WATCH_MS = 300_000

/**
 * If no byte has arrived for this many milliseconds, the reflector gives up the watch. The server sends a bookmark about every
 * minute.
 */
export const WATCH_SILENCE_MS = { least: 90_000, most: 120_000 } as const

/**
 * If a watch ends after fewer milliseconds than this, it was cut short. The next watch then waits, to spare a gateway that ends
 * every watch immediately.
 */
export const WATCH_BRIEF_MS = 5_000

/**
 * Milliseconds between two attempts (client-go). This means few attempts while the API server starts, and a delay of at most half
 * a minute afterwards.
 */
export const WATCH_BACK_OFF_MS = { least: 800, most: 30_000 } as const

/** After a watch that lasted this many milliseconds, the back-off starts again from its shortest delay. */
export const WATCH_HEALTHY_MS = 120_000

/** Milliseconds between two full lists that look for events that the watch has missed (kubernetes/kubernetes#123072). */
export const DRIFT_AUDIT_MS = { least: 600_000, most: 3_600_000 } as const

/**
 * If a full list shows a difference, the watch has this many milliseconds to report the event. After this time the event counts
 * as missed.
 */
export const DRIFT_GRACE_MS = 10_000

/** Milliseconds between two reads of the served CustomResourceDefinitions. Each read is a document of some 60 kB. */
export const DEFINITION_LOOK_MS = 60_000

/**
 * Milliseconds between two such reads while one of the definitions is outdated: a person who applies a newer one waits for the
 * result.
 */
export const OLD_DEFINITION_LOOK_MS = 10_000

/** The most faults of one object that its status reports. When these are corrected, the status reports the next ones. */
export const MAX_REPORTED_FAULTS = 10

/**
 * The most files of one folder, and the most bytes of all these files together. This is enough for some 800,000 rules, which is
 * the most that a table file holds.
 */
export const MAX_MANIFEST_FILES = 10_000
export const MAX_FOLDER_BYTES = 200_000_000

/**
 * The maximum nesting depth of one document. A normal object has about twelve levels. The depth is limited because the
 * parser calls itself once for each level.
 */
export const MAX_MANIFEST_DEPTH = 100

/**
 * The most brackets, commas, dashes, keys and values in one file. 5 MB of rules have a million of them. Each costs the parser
 * some microseconds and 200 bytes.
 */
export const MAX_MANIFEST_TOKENS = 2_000_000

/** The most problems of one file that are reported in full. When these are corrected, the next reading reports the next ones. */
export const MAX_FILE_PROBLEMS = 20

/**
 * If a file changed less than this many milliseconds ago, it may change again within the same tick of the file system's clock.
 */
export const FRESH_FILE_MS = 50
