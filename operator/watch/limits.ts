/** Bytes of one manifest file. Reading YAML takes time in proportion, and a ConfigMap holds 1 MiB at most. */
export const MAX_MANIFEST_BYTES = 5_000_000

/** Uses of aliases in one document: more is a document that grows when it is read. */
export const MAX_YAML_ALIASES = 100

/** Documents that one file can hold: places in the order of files are counted in steps of this. */
export const MAX_FILE_DOCUMENTS = 1_048_576

/** Milliseconds without a further change, after which a folder is read again: editors write in several steps. */
export const SETTLE_QUIET_MILLISECONDS = 100

/** Milliseconds after the first change, after which a folder is read again although changes go on. */
export const SETTLE_LIMIT_MILLISECONDS = 500

/** Milliseconds between two looks at a folder, where the file system does not tell of changes (network mounts, links). */
export const FOLDER_POLL_MILLISECONDS = 400
