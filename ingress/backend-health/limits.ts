/** Limits on what one failing backend may cost, and on what the judgement of backends may cost the pod. */

/**
 * So many time-outs in a row eject an address. One time-out may be one lost packet. Three in a row are no accident, and each
 * of them has cost a caller some seconds.
 */
export const TIMEOUTS_TO_EJECT = 3

/**
 * So many 503 in a row eject an address. A 503 costs a caller only a round trip, so there is time to see several of them.
 */
export const UNAVAILABLE_TO_EJECT = 5

/**
 * The 503 must have been sent for at least so many different callers. A 503 may belong to one call: some servers send it for
 * one number that they cannot handle, and are fine for all others.
 */
export const CALLERS_TO_EJECT = 3

/** Milliseconds of the first ejection. A server that restarts is back after some seconds. */
export const FIRST_EJECTION_MS = 5_000

/**
 * Milliseconds of the longest ejection. The time doubles with each ejection in a row, up to this value. A backend that is back
 * waits at most this long for its first call.
 */
export const MAX_EJECTION_MS = 60_000

/**
 * Milliseconds after which a call that tries an ejected address counts as gone, if nothing was heard of it. It is longer than
 * Timer B (32 s, RFC 3261 §17.1.1.2), after which every attempt without a response has ended.
 */
export const TRIAL_MS = 40_000

/** Milliseconds of the slow start. In this time, a server that is back fills its caches and opens its connections. */
export const SLOW_START_MS = 30_000

/** The share of its usual calls that an address gets at the beginning of its slow start. The share then grows evenly to 1. */
export const SLOW_START_SHARE = 0.1

/**
 * Milliseconds after a recovery in which a new ejection is still one of the same row. So an address that is up for a minute and
 * down for a minute is not tried every 5 s.
 */
export const FORGET_EJECTIONS_MS = 300_000

/**
 * The smallest share of a tier that must be left. If fewer of its addresses are left, and no later tier has enough, all are
 * used. So a wrong judgement never takes out a whole tier, and the last servers are not overrun.
 */
export const MIN_USABLE_SHARE = 1 / 3

/**
 * Milliseconds of the longest pause that a backend can ask for. After this time, calls are sent to the backend again, and show
 * whether it is back.
 */
export const MAX_BACKEND_PAUSE_MS = 60_000

/** At most so many names of backends are kept for one address. Each of them gets its own events. Beyond that, nobody reads them. */
export const MAX_NAMES_PER_ADDRESS = 64

/**
 * At most so many probes per second of one pod. Each costs about 50 µs, so all of them together take a hundredth of a core. If
 * the rules ask for more, all intervals become longer.
 */
export const MAX_PROBES_PER_SECOND = 200

/** Milliseconds over which the first probes of new addresses are spread. A pod that starts should soon know who is there. */
export const FIRST_PROBES_MS = 5_000

/** The part of an interval by which the time between two probes varies. So the probes of many pods do not come all at once. */
export const PROBE_JITTER = 0.2
