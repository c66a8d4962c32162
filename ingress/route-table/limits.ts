/**
 * Bounds on what is taken from the shared cache. They lie above everything that the custom resources can hold, so that
 * only damage and strangers reach them.
 */

/** Characters of any text of an entry: header values are the longest that people write (512). */
export const MAX_TEXT_LENGTH = 2048

/** Items of any list of an entry: a trunk's 1,000 sources, or the endpoints of large Services. */
export const MAX_LIST_LENGTH = 10_000

/** Characters of one entry as JSON. 1,000 called and 1,000 calling numbers of 64 characters are some 200,000. */
export const MAX_ENTRY_LENGTH = 2_000_000

/** Characters of a key: kind, and Kubernetes' longest namespace and name. */
export const MAX_KEY_LENGTH = 400

/** Characters of an installation id: a uid has 36. */
export const MAX_INSTALLATION_LENGTH = 128

/** Milliseconds: an hour. No timeout of a rule is longer. */
export const MAX_TIMEOUT_MS = 3_600_000

/**
 * Versions of one epoch, and entries: exact in JavaScript, in Lua and as the id of a stream's record. A change a second takes
 * nine million years; whoever writes this one by mistake has used an epoch up, and the next one starts again at 0.
 */
export const MAX_VERSION = 2 ** 48

/**
 * Terms of leadership. A Lease counts them in 32 bits with a sign: an epoch beyond half of that was never a tenure's, and is
 * taken for damage, so that there is always a later one to go on with.
 */
export const MAX_EPOCH = 2 ** 30
