/** Bounds on what lookups retain, and where they change their method. */

/**
 * Users of digits alone for each region. libphonenumber-js takes some 12 µs a number; a carrier's busy numbers repeat. 65,536 users
 * are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/** Peers. Real ones are few; a flood from forged sources must not grow the pod: 16,384 strangers are about 2 MiB. */
export const MAX_CACHED_PEERS = 16_384

/** Predicates in one list up to which a walk is cheaper than a hash. */
export const MAX_WALKED_PREDICATES = 8

/** Numbers, networks, endpoints and entries that change while calls wait: a millisecond or two. More is a second table, built beside the calls. */
export const MAX_PARTS_AT_ONCE = 500

/** Trunks and rules of an explanation: the nearest ones. More would not be read, and the others differ even more. */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
