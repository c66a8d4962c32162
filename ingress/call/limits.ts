/** Limits on the work and the memory that a backend can cause in a pod. */

/** Milliseconds: the longest pause of a backend. After it we try the backend again, so that we notice when it is back. */
export const MAX_BACKEND_PAUSE_MS = 60_000

/** Endpoints of one Service that a call tries: a caller does not wait longer after eight endpoints in a row have failed. */
export const MAX_ENDPOINT_TRIES = 8

/** Targets of one call: as many as a rule may have backends. RFC 3261 §16.7: each can add its time to the caller's wait. */
export const MAX_TARGETS = 64

/** Backends that a log line names if no backend of a rule can be reached: enough to see what they have in common. */
export const NAMED_BACKENDS = 3
