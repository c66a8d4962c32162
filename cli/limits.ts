/**
 * Bounds on what the command line takes.
 */

/** Bytes. Short of this a key that signs dialog cookies can be guessed. */
export const MIN_COOKIE_KEY_BYTES = 16

/** Lines per second about calls: beyond it the log costs more than the calls. */
export const MAX_LOG_CALLS_PER_SECOND = 10_000

/** Time series for rules: beyond it a scrape takes longer than a call may wait. */
export const MAX_RULE_SERIES = 10_000
