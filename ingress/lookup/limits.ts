/** Limits on the memory that lookups use, and sizes at which lookups use another method. */

/**
 * Cached users for each region. Only users that consist of digits alone are cached. libphonenumber-js takes about 12 µs for a
 * number, and the busy numbers of a carrier repeat. 65,536 users are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/**
 * Cached peers. There are few real peers, but a flood from forged sources must not increase the memory of the pod. 16,384
 * strangers are about 2 MiB.
 */
export const MAX_CACHED_PEERS = 16_384

/** If a list has at most this many predicates, testing them one by one is cheaper than a lookup by hash. */
export const MAX_WALKED_PREDICATES = 8

/**
 * The most numbers, networks, endpoints and entries that are changed in one step while calls wait: one or two milliseconds. For
 * a larger change, a second table is built while calls go on.
 */
export const MAX_PARTS_AT_ONCE = 500

/**
 * The most trunks, and the most rules, in an explanation: it shows the nearest. Nobody would read more, and the others differ
 * even more.
 */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
