/** Limits of the values that the command line accepts. */

/** Largest number of log lines about calls per second. With more lines, the log would take more time than the calls. */
export const MAX_LOG_CALLS_PER_SECOND = 10_000

/** Largest number of time series for rules. With more series, a scrape would take longer than a call may wait. */
export const MAX_RULE_SERIES = 10_000

/** Longest settle time in seconds. Every load balancer notices within this time that a process is leaving. */
export const MAX_SETTLE_SECONDS = 600

/** Longest drain time in seconds. A process that ends does not wait for a call that has been ringing for an hour. */
export const MAX_DRAIN_SECONDS = 3_600

/** Milliseconds that the start of a process may still take after a signal to stop. After this time, the process is ended. */
export const STOPPED_START_MS = 2_000

/** Largest number of findings that `explain` shows. `lint` shows all of them. */
export const MAX_EXPLAINED_FINDINGS = 10

/** Items of one list (networks, conditions, values) that `explain` writes out, so that the list fits one line. */
export const MAX_LISTED_ITEMS = 4

/**
 * Longest timeout of `probe` in seconds. An answer to an OPTIONS comes within 32 seconds, because Timer F then ends (RFC
 * 3261 §17.1.2.2).
 */
export const MAX_PROBE_SECONDS = 60

/** Characters of a process's answer at /readyz that `probe` shows. */
export const MAX_READY_CHARACTERS = 500
