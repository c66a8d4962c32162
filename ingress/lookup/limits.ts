/** Limits on the memory that lookups use, and sizes from which lookups use another method. */

/**
 * At most this many users are cached for each region. Only users that consist of digits alone are cached. libphonenumber-js
 * takes about 12 µs for a number, and a carrier calls the same numbers again and again. 65,536 users are about 5 MiB.
 */
export const MAX_CACHED_USERS = 65_536

/** Digits of the longest international number (ITU-T E.164 §6.2.1). */
export const MAX_E164_DIGITS = 15

/**
 * The facts about at most this many addresses are cached. The number is a power of two. There are few real peers. The limit
 * is for a flood from forged sources, which must not fill the memory of the pod. 16,384 strangers are about 400 KiB.
 */
export const MAX_CACHED_PEERS = 16_384

/** A list of at most this many predicates is tested one by one. For a longer list, a lookup by hash is faster. */
export const MAX_WALKED_PREDICATES = 8

/**
 * At most this many numbers, networks, endpoints and entries, counted together, are changed in one step. Calls wait one or
 * two milliseconds for such a step. For a larger change, a second table is built while calls go on.
 */
export const MAX_PARTS_AT_ONCE = 500

/**
 * An explanation shows at most this many trunks and at most this many rules. It shows the nearest ones. The others differ
 * even more from the call, and nobody would read them.
 */
export const MAX_EXPLAINED_TRUNKS = 20
export const MAX_EXPLAINED_RULES = 20

/**
 * The search for the next time at which a schedule holds looks at most at this many days without a window: ten years. A
 * later time would help nobody who reads it. The search takes less than a millisecond.
 */
export const MAX_SEARCHED_DAYS = 3_660

/**
 * The next beginning of a window is taken from the calendar alone if it is at most this many days away: a week and a holiday. Two
 * changes of clocks are never so near: those of Morocco, a month apart, are the nearest today.
 */
export const MAX_NEAR_DAYS = 8

/**
 * The same search looks at most at this many spans of days with a window. One such day has few spans, and is passed over only if
 * its windows are in the gap of a spring change.
 */
export const MAX_SEARCHED_SPANS = 64
