/** Limits on what metrics retain, and for how long. */

/**
 * Milliseconds after an answer of a backend. During this time a failed call does not make the backend count as down. The
 * time is shorter than any scrape interval.
 */
export const SUCCESS_COUNTS_MS = 5_000
