/** How exact timers are, and how long work may delay calls. */

/**
 * Milliseconds that a timer may be late. This is a fiftieth of T1, and makes 100 wake-ups a second for any number of timers.
 */
export const TIMER_WHEEL_TICK_MS = 10

/**
 * Slots of the wheel, a power of two. They cover 41 s, so that every timer except Timer C is due in the first turn of the
 * wheel.
 */
export const TIMER_WHEEL_SLOTS = 4_096

/** Milliseconds of work on a table before calls get their turn: the longest time that a packet waits for it. */
export const SLICE_MS = 4
