/** Bytes of one manifest file. Reading YAML takes time in proportion, and a ConfigMap holds 1 MiB at most. */
export const MAX_MANIFEST_BYTES = 5_000_000

/** Values that aliases may add to the documents of one file: as many as kubectl lets them add to one. */
export const MAX_ALIASED_NODES = 400_000

/** The share of a document that aliases may make up, as kubectl has it; smaller documents may be nothing else. */
export const ALIAS_SHARE = { most: 0.99, leastAliased: 100, leastNodes: 1_000 } as const

/** Documents that one file can hold: places in the order of files are counted in steps of this. */
export const MAX_FILE_DOCUMENTS = 1_048_576

/**
 * Milliseconds without a further change, after which a folder is read again or what is watched is compiled: editors write in
 * several steps, and `kubectl apply -f` of a folder comes as one change.
 */
export const SETTLE_QUIET_MS = 100

/** Milliseconds after the first change, after which that is done although changes go on. */
export const SETTLE_LIMIT_MS = 500

/** Milliseconds between two looks at a folder, where the file system does not tell of changes (network mounts, links). */
export const FOLDER_POLL_MS = 400

/** Objects on one page of a list, as client-go has it: a page of rules is then some hundred kilobytes. */
export const LIST_PAGE_OBJECTS = 500

/** Seconds after which the API server ends a watch, drawn anew each time so that watches do not end together (client-go). */
export const WATCH_TIMEOUT_SECONDS = { least: 300, most: 600 } as const

/** Milliseconds without a word from the API server after which what is known counts as stale: bookmarks come every minute. */
export const STALE_WATCH_MS = 300_000

/** Milliseconds without a byte after which a watch is given up. The server sends a bookmark about every minute. */
export const WATCH_SILENCE_MS = { least: 90_000, most: 120_000 } as const

/** Milliseconds a watch must have lasted for its end to be ordinary: a gateway that ends each at once is not asked at once. */
export const WATCH_BRIEF_MS = 5_000

/** Milliseconds between two attempts (client-go): not a burden while the API server starts, back within half a minute. */
export const WATCH_BACK_OFF_MS = { least: 800, most: 30_000 } as const

/** Milliseconds a watch must have lasted for the back-off to begin anew. */
export const WATCH_HEALTHY_MS = 120_000

/** Milliseconds between two full lists that look for events the watch has missed (kubernetes/kubernetes#123072). */
export const DRIFT_AUDIT_MS = { least: 600_000, most: 3_600_000 } as const

/** Milliseconds that the event of a difference may be late before it counts as missed. */
export const DRIFT_GRACE_MS = 10_000

/** Milliseconds between looks at the CustomResourceDefinitions that are served: a document of some 60 kB. */
export const DEFINITION_LOOK_MS = 60_000

/** The same while one of them is old: whoever applies a newer one wants to see it. */
export const OLD_DEFINITION_LOOK_MS = 10_000

/** Faults of one object that its status tells: whoever mends ten sees the rest at the next attempt. */
export const MAX_TOLD_FAULTS = 10

/** Files of one folder, and bytes of all of them together: some 800,000 rules, which is what a table file holds at most. */
export const MAX_MANIFEST_FILES = 10_000
export const MAX_FOLDER_BYTES = 200_000_000

/** Levels inside each other in one document. An object has a dozen; the parser calls itself for each. */
export const MAX_MANIFEST_DEPTH = 100

/**
 * Brackets, commas, dashes, keys and values in one file. 5 MB of rules have a million; each costs the parser some
 * microseconds and 200 bytes.
 */
export const MAX_MANIFEST_TOKENS = 2_000_000

/** Problems of one file that are told: whoever mends twenty sees the rest at the next attempt. */
export const MAX_FILE_PROBLEMS = 20

/** Milliseconds: a file that was changed so lately may change once more within the same tick of the file system's clock. */
export const FRESH_FILE_MS = 50
