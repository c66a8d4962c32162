/** How exact timers are, and how long work may hold up calls. */

/** Milliseconds. How late a timer may be: a fiftieth of T1, and 100 wake-ups a second whatever the number of timers. */
export const TIMER_WHEEL_TICK_MS = 10

/** Slots, a power of two. 41 s of ticks: every timer but Timer C falls due in the first turn of the wheel. */
export const TIMER_WHEEL_SLOTS = 4_096

/** Milliseconds of work on a table before calls get their turn: what a packet waits at most for it. */
export const SLICE_MS = 4
