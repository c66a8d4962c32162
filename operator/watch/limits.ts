/** Bytes of one manifest file. The time to read YAML grows with the size, and a ConfigMap holds 1 MiB at most. */
export const MAX_MANIFEST_BYTES = 5_000_000

/** Values that aliases may add to the documents of one file. kubectl allows as many in one document. */
export const MAX_ALIASED_NODES = 400_000

/**
 * The largest share of a document that may come from aliases, as in kubectl. In smaller documents the share has no limit.
 */
export const ALIAS_SHARE = { most: 0.99, leastAliased: 100, leastNodes: 1_000 } as const

/**
 * Documents that one file can hold. The position of an object in the folder is the index of its file times this number, plus
 * its index in the file.
 */
export const MAX_FILE_DOCUMENTS = 1_048_576

/** A folder is read again when so many milliseconds have passed without a further change: editors write in several steps. */
export const SETTLE_QUIET_MS = 100

/** A folder is read again at the latest so many milliseconds after the first change, even if changes go on. */
export const SETTLE_LIMIT_MS = 500

/** Milliseconds between two checks of a folder. Some file systems report no changes (network mounts, links). */
export const FOLDER_POLL_MS = 400

/** Objects on one page of a list, as in client-go: a page of rules then has some hundred kilobytes. */
export const LIST_PAGE_OBJECTS = 500

/**
 * Seconds after which the API server ends a watch. Each watch draws its own number, so that watches do not end together
 * (client-go).
 */
export const WATCH_TIMEOUT_SECONDS = { least: 300, most: 600 } as const

/** Milliseconds without a word from the API server after which what is known counts as stale: bookmarks come every minute. */
export const STALE_WATCH_MS = 300_000

/** A watch is given up when no byte has arrived for so many milliseconds. The server sends a bookmark about every minute. */
export const WATCH_SILENCE_MS = { least: 90_000, most: 120_000 } as const

/**
 * A watch that ends sooner than this, in milliseconds, was cut short. The next one then waits, to spare a gateway that ends
 * every watch at once.
 */
export const WATCH_BRIEF_MS = 5_000

/**
 * Milliseconds between two attempts (client-go): few enough attempts while the API server starts, and at most half a minute
 * of delay afterwards.
 */
export const WATCH_BACK_OFF_MS = { least: 800, most: 30_000 } as const

/** After a watch that lasted so many milliseconds, the back-off starts again from its shortest delay. */
export const WATCH_HEALTHY_MS = 120_000

/** Milliseconds between two full lists that look for events the watch has missed (kubernetes/kubernetes#123072). */
export const DRIFT_AUDIT_MS = { least: 600_000, most: 3_600_000 } as const

/** Milliseconds that the watch has to bring the event of a difference. After that the event counts as missed. */
export const DRIFT_GRACE_MS = 10_000

/** Milliseconds between two reads of the served CustomResourceDefinitions: a document of some 60 kB. */
export const DEFINITION_LOOK_MS = 60_000

/** The same while one of them is outdated: a person who applies a newer one waits for the result. */
export const OLD_DEFINITION_LOOK_MS = 10_000

/** Faults of one object that its status reports. After these are corrected the status reports the next ones. */
export const MAX_REPORTED_FAULTS = 10

/**
 * Files of one folder, and bytes of all of them together. This is enough for some 800,000 rules, the most that a table file
 * holds.
 */
export const MAX_MANIFEST_FILES = 10_000
export const MAX_FOLDER_BYTES = 200_000_000

/** Nested levels of one document. An object has a dozen; the parser calls itself once for each level. */
export const MAX_MANIFEST_DEPTH = 100

/**
 * Brackets, commas, dashes, keys and values in one file. 5 MB of rules have a million; each costs the parser some
 * microseconds and 200 bytes.
 */
export const MAX_MANIFEST_TOKENS = 2_000_000

/** Problems of one file that are reported in full. After these are corrected the next reading reports the next ones. */
export const MAX_FILE_PROBLEMS = 20

/**
 * A file that changed less than so many milliseconds ago may change again within the same tick of the file system's clock.
 */
export const FRESH_FILE_MS = 50
