/**
 * Bounds on what the command line takes.
 */

/** Lines per second about calls: beyond it the log costs more than the calls. */
export const MAX_LOG_CALLS_PER_SECOND = 10_000

/** Time series for rules: beyond it a scrape takes longer than a call may wait. */
export const MAX_RULE_SERIES = 10_000

/** Seconds. No load balancer takes longer to notice that a process is leaving. */
export const MAX_SETTLE_SECONDS = 600

/** Seconds. A call that has rung for an hour is not worth waiting for. */
export const MAX_DRAIN_SECONDS = 3_600

/** Milliseconds that a start which is told to end has to come to its end by itself. */
export const STOPPED_START_MS = 2_000

/** Findings that `explain` repeats; `lint` tells all of them. */
export const MAX_EXPLAINED_FINDINGS = 10

/** Items of one list (networks, conditions, values) that `explain` writes out: a line stays a line. */
export const MAX_LISTED_ITEMS = 4

/** Seconds. Who has not answered an OPTIONS in a minute will not: RFC 3261 §17.1.2.2, Timer F, ends after 32. */
export const MAX_PROBE_SECONDS = 60

/** Characters that `probe` repeats of what a process says about its readiness. */
export const MAX_READY_CHARACTERS = 500
