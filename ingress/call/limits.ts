/** Bounds on what a backend can make a pod do or retain. */

/** Milliseconds. A backend may ask to be left alone, but not for longer than it takes to notice that it is back. */
export const MAX_BACKEND_PAUSE_MS = 60_000

/** Endpoints of one Service that a call tries: a caller does not wait for a fleet of which eight in a row have failed. */
export const MAX_ENDPOINT_TRIES = 8

/** Targets of one call: as many as a rule may have backends (RFC 3261 §16.7 lets each add its time to the caller's wait). */
export const MAX_TARGETS = 64

/** Backends that a log line names where none of a rule can be reached: enough to see what they have in common. */
export const NAMED_BACKENDS = 3
