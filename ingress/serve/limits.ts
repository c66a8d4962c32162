/** Intervals at which a process that serves checks for changes, and limits of its warm-up. */

/** Milliseconds between two looks at the key files. A Secret takes a minute to reach a pod, so this adds little to that time. */
export const KEY_LOOK_MS = 2_000

/** Milliseconds between two checks whether the last transaction is over. So a shutdown may end 50 ms later than it could. */
export const IDLE_LOOK_MS = 50

/** Milliseconds that a warm-up may take. The pod starts later by this time. Without a warm-up, the first calls would wait. */
export const WARM_UP_MS = 200

/** Calls of a warm-up. After this number of calls, the code that decides calls is compiled. */
export const WARM_UP_CALLS = 150

/**
 * Milliseconds between two checks whether there is still a reason why no calls should come. Each probe checks readiness
 * separately.
 */
export const READY_LOOK_MS = 50

/** A warm-up uses at most this many rules, and this many trunks, of the current table: enough to contain every common kind. */
export const WARM_UP_RULES = 32
