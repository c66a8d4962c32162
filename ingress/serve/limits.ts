/** Intervals at which an ingress process checks for changes, and limits of its warm-up. */

/**
 * Milliseconds between two looks at the key files. A Secret takes a minute to reach a pod, so two seconds more do not
 * matter.
 */
export const KEY_LOOK_MS = 2_000

/** Milliseconds between two checks whether the last transaction is over. So a shutdown may end 50 ms later than possible. */
export const IDLE_LOOK_MS = 50

/**
 * A warm-up starts no more calls after this many milliseconds. The pod becomes ready later by up to this time. Without a
 * warm-up, the first calls would wait until the code is compiled.
 */
export const WARM_UP_MS = 200

/** A warm-up makes at most this many calls. After this number of calls, Node has compiled the code that decides calls. */
export const WARM_UP_CALLS = 150

/**
 * Milliseconds between two checks whether calls should come to this process. A probe does not wait for these checks,
 * because each probe makes a check.
 */
export const READY_LOOK_MS = 50

/**
 * A warm-up uses at most this many rules and this many trunks of the current table. This is enough to contain every common
 * kind of rule and trunk.
 */
export const WARM_UP_RULES = 32

/**
 * Milliseconds for which a backend must have been down before the operator is told. A server that restarts is back before, and
 * the status of a rule should not follow each of its seconds.
 */
export const DOWN_REPORTED_AFTER_MS = 10_000

/** The limits of a warm-up, in calls: a million, which no warm-up makes. */
export const WIDE_LIMIT = 1_000_000
