/** Bounds on what metrics keep, and for how long. */

/** Milliseconds for which an answered call of a backend outweighs a failed one: shorter than any scrape interval. */
export const SUCCESS_COUNTS_MS = 5_000
