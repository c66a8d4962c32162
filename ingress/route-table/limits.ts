/**
 * Limits on what is accepted from the shared cache. Custom resources cannot reach these limits. So content above a limit is
 * damaged, or another program wrote it.
 */

/**
 * At most this many characters in each text of an entry. The longest texts that people write are header values (512
 * characters).
 */
export const MAX_TEXT_LENGTH = 2048

/** At most this many items in each list of an entry, such as a trunk's 1,000 sources or the endpoints of large Services. */
export const MAX_LIST_LENGTH = 10_000

/**
 * At most this many characters for one entry as JSON. An entry with 1,000 called and 1,000 calling numbers of 64 characters
 * each has about 200,000 characters.
 */
export const MAX_ENTRY_LENGTH = 2_000_000

/**
 * At most this many characters in a key. A key consists of the kind, the namespace and the name, and Kubernetes limits
 * their length.
 */
export const MAX_KEY_LENGTH = 400

/** At most this many characters in the id of an installation. A uid has 36 characters. */
export const MAX_INSTALLATION_LENGTH = 128

/** Milliseconds of the longest timeout: an hour. No rule has a longer one. */
export const MAX_TIMEOUT_MS = 3_600_000

/** The largest number in a limit of calls. Custom resources allow a million. */
export const MAX_LIMIT = 1_000_000

/** Seconds of the longest time in a limit of calls: thirty days. No call lasts so long, and no rule has a longer time. */
export const MAX_WAIT_SECONDS = 2_592_000

/**
 * Milliseconds of the shortest interval between two probes of an address. Rules cannot ask for less than five seconds, so a
 * shorter interval is damage, and it would flood a backend.
 */
export const MIN_PROBE_INTERVAL_MS = 1_000

/**
 * A pod reports at most this many backends that are down. If more are down, the network of the pod has failed, and its list is
 * of no use. The names of 32 backends have some kilobytes at most.
 */
export const MAX_REPORTED_BACKENDS = 32

/**
 * The highest version, and the highest number of entries. JavaScript, Lua and the id of a stream's record can represent
 * this number exactly. With one change per second, it is reached after nine million years. If a writer writes it by
 * mistake, no version of its epoch is left, and the next epoch starts again at 0.
 */
export const MAX_VERSION = 2 ** 48

/**
 * The highest epoch, the number of a leader's term. A Lease counts terms in 32 bits with a sign. No leader reaches half of
 * the largest term, so a higher epoch counts as damage. Therefore a leader can always continue with a later epoch.
 */
export const MAX_EPOCH = 2 ** 30
