/** Times of a process that serves: how often it looks for changes. */

/** Milliseconds between two looks at the key files: a Secret takes a minute to reach a pod, so this adds little. */
export const KEY_LOOK_MS = 2_000

/** Milliseconds between two checks whether the last transaction is over: a shutdown may end that much later. */
export const IDLE_LOOK_MS = 50

/** Milliseconds that a warm-up may take. A pod starts later by this time; without a warm-up the first calls would wait. */
export const WARM_UP_MS = 200

/** Calls of a warm-up: after these, the code that decides calls has been compiled. */
export const WARM_UP_CALLS = 150

/** Milliseconds between two checks whether anything still keeps calls away. Each probe checks readiness by itself. */
export const READY_LOOK_MS = 50

/** Rules, and trunks, of the current table that a warm-up uses: enough to meet every kind that is common in it. */
export const WARM_UP_RULES = 32
