/** Limits on the work and the memory that a backend can cause in a pod. */

/**
 * At most this many endpoints of one Service, or addresses of one name, are tried in one call. After eight failures in a row, the
 * caller has waited long enough.
 */
export const MAX_ENDPOINT_TRIES = 8

/**
 * At most this many targets for one call. A rule may have the same number of backends. The number is limited because each
 * target can make the caller wait longer (RFC 3261 §16.7).
 */
export const MAX_TARGETS = 64

/**
 * If no backend of a rule can be reached, a log line lists at most this many of them. Three are enough to see what they
 * have in common.
 */
export const NAMED_BACKENDS = 3
