/** Limits on the memory that lookups use, and sizes from which lookups use another method. */

/**
 * Cached users for each region. Only users that consist of digits alone are cached. libphonenumber-js takes about 12 µs for
 * a number, and a carrier calls the same numbers again and again. 65,536 users are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/**
 * Cached peers, a power of two. There are few real peers. The limit is for a flood from forged sources, which must not fill
 * the memory of the pod. 16,384 strangers are about 400 KiB.
 */
export const MAX_CACHED_PEERS = 16_384

/** Predicates of a list that are tested one by one. For a longer list, a lookup by hash is faster. */
export const MAX_WALKED_PREDICATES = 8

/**
 * Numbers, networks, endpoints and entries that are changed in one step. Calls wait one or two milliseconds for such a
 * step. For a larger change, a second table is built while calls go on.
 */
export const MAX_PARTS_AT_ONCE = 500

/**
 * The most trunks, and the most rules, that an explanation shows. It shows the nearest ones. The others differ even more
 * from the call, and nobody would read them.
 */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20
