/** Bounds on what lookups keep, and where they change their method. */

/**
 * Raw users for each region. libphonenumber-js takes some 12 µs a number; a carrier's busy numbers repeat. 65,536 users
 * are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Characters. No telephone number is longer, separators and country prefix included: longer users are never parsed. */
export const MAX_PARSED_USER = 40

/** Peers. Real ones are few; a flood from forged sources must not grow the pod: 16,384 strangers are about 2 MiB. */
export const MAX_CACHED_PEERS = 16_384

/** Predicates in one list up to which a walk is cheaper than a hash. */
export const MAX_WALKED_PREDICATES = 8
