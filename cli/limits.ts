/**
 * Bounds on what the command line takes.
 */

/** Bytes. Short of this a key that signs dialog cookies can be guessed. */
export const MIN_COOKIE_KEY_BYTES = 16

/** Lines per second about calls: beyond it the log costs more than the calls. */
export const MAX_LOG_CALLS_PER_SECOND = 10_000

/** Time series for rules: beyond it a scrape takes longer than a call may wait. */
export const MAX_RULE_SERIES = 10_000

/** Seconds. No load balancer takes longer to notice that a process is leaving. */
export const MAX_SETTLE_SECONDS = 600

/** Seconds. A call that has rung for an hour is not worth waiting for. */
export const MAX_DRAIN_SECONDS = 3_600
