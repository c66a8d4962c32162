/** Limits of the values that the command line accepts. */

/**
 * A user can allow at most this many log lines per second about calls. With more lines, the log would take more time than
 * the calls.
 */
export const MAX_LOG_CALLS_PER_SECOND = 10_000

/**
 * A user can allow at most this many time series for rules. With more series, a scrape would take longer than a call may
 * wait.
 */
export const MAX_RULE_SERIES = 10_000

/** Longest settle time in seconds. Every load balancer notices within this time that a process is leaving. */
export const MAX_SETTLE_SECONDS = 600

/** Longest drain time in seconds. A process that ends does not wait for a call that has been ringing for an hour. */
export const MAX_DRAIN_SECONDS = 3_600

/**
 * After a signal to stop, a start that is not finished may go on for at most this many milliseconds. Then the process is
 * ended.
 */
export const STOPPED_START_MS = 2_000

/** At most this many findings are shown by `explain`. `lint` shows all of them. */
export const MAX_EXPLAINED_FINDINGS = 10

/**
 * At most this many items of one list (networks, conditions, values) are written out by `explain`. So the list fits one
 * line.
 */
export const MAX_LISTED_ITEMS = 4

/**
 * At most this many seconds are a timeout of `probe`. After 32 seconds, Timer F of the OPTIONS has fired, and no answer is
 * expected any more (RFC 3261 §17.1.2.2). A longer time brings nothing.
 */
export const MAX_PROBE_SECONDS = 60

/** At most this many characters of a process's answer at /readyz are shown by `probe`. */
export const MAX_READY_CHARACTERS = 500

/**
 * Milliseconds after which a command waits no longer for nameservers. A person waits for the command, and a pipeline too. What is
 * not known then is reported as not resolved.
 */
export const NAME_LOOK_UP_MS = 10_000

/** At most this many addresses of one name are written out by `explain`. */
export const MAX_LISTED_SERVERS = 8
