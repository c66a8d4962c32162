/** Limits on what lookups retain, and the sizes at which they change their method. */

/**
 * Cached users that consist of digits alone, for each region. libphonenumber-js takes about 12 µs for a number, and the
 * busy numbers of a carrier repeat. 65,536 users are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/**
 * Cached peers. There are few real peers. A flood from forged sources must not increase the memory of the pod: 16,384
 * strangers are about 2 MiB.
 */
export const MAX_CACHED_PEERS = 16_384

/** Up to this many predicates in one list, testing them one by one is cheaper than a lookup by hash. */
export const MAX_WALKED_PREDICATES = 8

/**
 * Numbers, networks, endpoints and entries that may change at once while calls wait: this takes one or two milliseconds.
 * For a larger change a second table is built while calls go on.
 */
export const MAX_PARTS_AT_ONCE = 500

/** An explanation shows this many trunks and rules: the nearest. Nobody would read more, and the others differ even more. */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
