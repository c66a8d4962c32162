/** The most bytes of one manifest file. Large files take long to read. A ConfigMap has at most 1 MiB. */
export const MAX_MANIFEST_BYTES = 5_000_000

/** The most values that aliases may add to the documents of one file. kubectl allows as many in one document. */
export const MAX_ALIASED_NODES = 400_000

/**
 * The largest share of a document that may come from aliases. This limit applies only to a document with more than `leastNodes`
 * values, of which more than `leastAliased` come from aliases. kubectl has the same rule.
 */
export const ALIAS_SHARE = { most: 0.99, leastAliased: 100, leastNodes: 1_000 } as const

/**
 * The most documents that one file may have. The position of an object in the folder is the index of its file times this
 * number, plus the index of the object in the file.
 */
export const MAX_FILE_DOCUMENTS = 1_048_576

/** A folder is read again when nothing has changed for this many milliseconds. Editors write a file in several steps. */
export const SETTLE_QUIET_MS = 100

/** If changes go on, a folder is read at the latest this many milliseconds after the first change. */
export const SETTLE_LIMIT_MS = 500

/**
 * Milliseconds between two checks of a folder. The checks are needed because some file systems do not report changes (network
 * mounts, links).
 */
export const FOLDER_POLL_MS = 400

/**
 * The most objects on one page of a list; client-go has the same number. A page of this many rules has some hundred kilobytes.
 */
export const LIST_PAGE_OBJECTS = 500

/**
 * Seconds after which the API server ends a watch. Each watch takes a random number between these two, so that watches do not
 * all end together. client-go has the same numbers.
 */
export const WATCH_TIMEOUT_SECONDS = { least: 300, most: 600 } as const

/**
 * If no data has arrived from the API server for this many milliseconds, the known objects count as stale. Bookmarks normally
 * arrive every minute.
 */
export const STALE_WATCH_MS = 300_000

/**
 * If no byte has arrived for this many milliseconds, the reflector gives up the watch. Each watch takes a random number between
 * these two. The server sends a bookmark about every minute.
 */
export const WATCH_SILENCE_MS = { least: 90_000, most: 120_000 } as const

/**
 * If a watch lasted fewer milliseconds than this, it ended too early, and there is a pause before the next watch. Some gateways
 * end every watch immediately. The pause limits the requests to such a gateway.
 */
export const WATCH_BRIEF_MS = 5_000

/**
 * The shortest and the longest pause between two attempts, in milliseconds (as in client-go). The pauses grow, so a server that
 * is still starting gets few attempts. After its start, the next attempt follows within half a minute.
 */
export const WATCH_BACK_OFF_MS = { least: 800, most: 30_000 } as const

/** After a watch that lasted this many milliseconds, the next delay is the shortest one again. */
export const WATCH_HEALTHY_MS = 120_000

/**
 * Milliseconds between two full lists: each time a random number between these two. Full lists find events that the watch has
 * missed (kubernetes/kubernetes#123072).
 */
export const DRIFT_AUDIT_MS = { least: 600_000, most: 3_600_000 } as const

/**
 * If a full list shows a difference, the watch has this many milliseconds to report the event. After that, the event counts as
 * missed.
 */
export const DRIFT_GRACE_MS = 10_000

/** Milliseconds between two reads of the served CustomResourceDefinitions. Each read gets a document of some 60 kB. */
export const DEFINITION_LOOK_MS = 60_000

/**
 * Milliseconds between two reads of the served CustomResourceDefinitions while one of them is outdated. This is short, because
 * a person who applies a newer definition waits for the result.
 */
export const OLD_DEFINITION_LOOK_MS = 10_000

/** The most faults of one object that its status reports. When these are repaired, the status reports the next ones. */
export const MAX_REPORTED_FAULTS = 10

/**
 * The most files of one folder, and the most bytes of all these files together. This is enough for some 800,000 rules. A table
 * file cannot have more.
 */
export const MAX_MANIFEST_FILES = 10_000
export const MAX_FOLDER_BYTES = 200_000_000

/**
 * The largest nesting depth of one document. A normal object has about twelve levels. There is a limit because the parser calls
 * itself once for each level.
 */
export const MAX_MANIFEST_DEPTH = 100

/**
 * The most brackets, commas, dashes, keys and values in one file. 5 MB of rules have a million of them. For each, the parser
 * needs some microseconds and 200 bytes.
 */
export const MAX_MANIFEST_TOKENS = 2_000_000

/** The most problems of one file that are reported in full. When these are repaired, the next reading reports the next ones. */
export const MAX_FILE_PROBLEMS = 20

/**
 * If a file changed less than this many milliseconds ago, a second change may leave the modification time of the file as it is.
 */
export const FRESH_FILE_MS = 50
