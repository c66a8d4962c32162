/**
 * Times of a process that serves: how often it looks at what may have changed.
 */

/** Milliseconds between two looks at the key files: a Secret takes a minute to reach a pod, so this adds little. */
export const KEY_LOOK_MS = 2_000

/** Milliseconds between two looks at whether the last transaction is over: a shutdown may be late by this much. */
export const IDLE_LOOK_MS = 50

/** Milliseconds that a warm-up may take: with it a pod starts that much later, and without it the first calls wait. */
export const WARM_UP_MS = 200

/** Calls of a warm-up: what decides has been compiled by then. */
export const WARM_UP_CALLS = 150

/** Milliseconds between two looks at whether anything still keeps calls away: readiness itself is asked at each probe. */
export const READY_LOOK_MS = 50

/** Rules, and trunks, of the table in use that a warm-up looks at: enough to meet every kind that is usual in it. */
export const WARM_UP_RULES = 32
