/**
 * Bounds of what metrics keep and for how long.
 */

/** Milliseconds for which a call that a backend has answered outweighs one that failed: shorter than any scrape interval. */
export const SUCCESS_COUNTS_MS = 5_000
