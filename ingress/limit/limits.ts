/** Bounds on the memory and the time that limits of calls take in a pod. */

/**
 * At most this many calls are counted at the same time in one process, in about 40 MB. A process that has more calls to
 * count forwards them without counting, because to refuse them would cost callers more than a limit that is too generous.
 */
export const MAX_COUNTED_CALLS = 250_000

/**
 * At most this many counted calls are looked at in one sweep for calls whose time is over. It takes about 20 µs, and 250,000
 * calls are seen in less than five minutes.
 */
export const SWEPT_CALLS = 1_000

/** At most this many limits are looked at in one sweep for limits that the table no longer has. It takes about 50 µs. */
export const SWEPT_STATES = 1_000

/** Milliseconds between two sweeps. */
export const SWEEP_MS = 1_000

/**
 * Milliseconds of the window in which the calls of a limit are counted. It is one second, because limits are in calls per
 * second.
 */
export const METER_WINDOW_MS = 1_000

/**
 * Milliseconds for which the busiest second of a limit is remembered, at least. Prometheus asks every 15 to 60 seconds, so it
 * does not miss a short peak.
 */
export const PEAK_MS = 60_000

/**
 * The part of a limit for the whole installation that all pods share equally, whatever they are used for. With it, a pod
 * without calls can take its first ones. A pod that takes all calls has the other 95 percent and its own share of these five.
 */
export const EQUAL_PART = 0.05

/**
 * Milliseconds for which shares are kept while the cache is away. After that each pod has the same part of the limit. Most
 * restarts and failovers of a cache are over in this time.
 */
export const SHARE_KEPT_MS = 30_000

/**
 * Another pod counts as gone after this many of our own readings in which its report has not changed. A report may be late, so
 * one reading is not enough.
 */
export const UNCHANGED_READINGS = 5

/**
 * At most this many limits stand in the report of a pod. A report then has at most 300 KB. Limits that are left out are shared
 * as if this pod had no calls for them.
 */
export const MAX_REPORTED_LIMITS = 1_000

/** At most this many characters of one pod's report are read: a thousand limits with the longest names. */
export const MAX_REPORT_LENGTH = 400_000

/** At most this many pods share a limit. It is more than the product was tried with; a report beyond it is ignored. */
export const MAX_SHARING_PODS = 10_000

/**
 * A number that one trunk calls more than this many times in `REPEAT_WINDOW_MS` may go in a circle: a backend sends it to a
 * carrier that sends it back. A circle makes a call in less than half a second. A hotline with more calls is reported too, so
 * nothing is refused.
 */
export const REPEAT_CALLS = 120
export const REPEAT_WINDOW_MS = 60_000

/**
 * Rows and columns of the sketch that counts calls per trunk and number, in 64 KB. With 1,000 calls per second to different
 * numbers, a place has about seven of them per window, so they are not taken for one number. Four rows of 8,192 columns take
 * the 52 bits of a key.
 */
export const REPEAT_ROWS = 4
export const REPEAT_COLUMNS = 8_192

/**
 * A copy of an INVITE is recognized for this many milliseconds: 64*T1, the life of an INVITE that gets no answer (RFC 3261
 * §17.1.1.2). Copies of a fork come within less than a second.
 */
export const MERGED_MS = 32_000

/** At most this many copies of one INVITE cost no token. More come of a circle, not of a fork. */
export const MAX_MERGED = 8

/**
 * Places for INVITEs whose copies are recognized, in 140 KB. An INVITE that loses its place to another one is not recognized
 * again, and its copy costs a token. Copies come so soon that this is rare.
 */
export const MERGED_PLACES = 8_192

/**
 * At most this many hung-up calls wait until other pods are told, in 80 KB. They wait 200 ms, or longer while the cache is away.
 */
export const MAX_WAITING_TO_BE_TOLD = 10_000

/** At most this many hung-up calls are told in one message of about 10 KB. */
export const MAX_TOLD_AT_ONCE = 1_000
