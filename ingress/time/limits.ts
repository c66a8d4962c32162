/** How exact timers are, and how long work may delay calls. */

/**
 * A timer is at most this many milliseconds late. This is a fiftieth of T1 (RFC 3261 §17.1.1.1). The timers wake the
 * process at most 100 times a second, however many they are.
 */
export const TIMER_WHEEL_TICK_MS = 10

/**
 * Slots of the wheel, a power of two. One turn of the wheel takes 41 s. So every timer except Timer C is due in the first
 * turn.
 */
export const TIMER_WHEEL_SLOTS = 4_096

/** Milliseconds of work on a table before calls get their turn. A packet waits at most this long for such work. */
export const SLICE_MS = 4

/**
 * A time zone remembers its offsets for this many days, a power of two. Calls ask about today and the days before and after it.
 * The search for the next time of a schedule asks about a few days more. 32 days are about 3 KiB for each zone.
 */
export const REMEMBERED_DAYS = 32
