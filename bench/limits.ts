/** Bounds and fixed sizes of the benchmarks. */

/** Calls that one order may start: there is room for so many response times. */
export const MAX_CALLS = 2_000_000

/** Seconds that one order may last. */
export const MAX_ORDER_SECONDS = 120

/** Milliseconds that open calls have to end after the last call was started. */
export const DRAIN_MS = 3000

/** Milliseconds. RFC 3261 §17.1.1.2: Timer A begins at T1 and doubles. */
export const FIRST_RESEND_MS = 500

/** Milliseconds after which an unfinished call counts as lost: shorter than Timer B, so that a run stays short. */
export const LOST_CALL_MS = 2500

/** Milliseconds between two checks for requests that have to be sent again. */
export const RESEND_LOOK_MS = 50

/** Milliseconds for a server to be ready: 100,000 manifests take 15 s. */
export const START_MS = 180_000

/** Milliseconds for a server to end. */
export const STOP_MS = 15_000

/** Calls that must end before a server is measured: of the 100 in a second, a generator that is late starts fewer. */
export const MIN_PROOF_CALLS = 50

/** Bytes, as far as the kernel allows: with the default, packets are lost at 64 calls outstanding. */
export const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

/** Rules that a server can have: their numbers have ten digits and fit 31 bits. */
export const MAX_RULES = 1_000_000

/** Rules in a manifest file, so that the file stays below the limit of 5 MB. */
export const RULES_PER_FILE = 15_000

/** Ticks per second in /proc: Linux shows the same value to every program. */
export const CLOCK_TICKS_PER_SECOND = 100

/** The core of the server and the core of the load generator. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** Lines about calls per second, and rules with a time series: the defaults of the product (docs/command-line.md). */
export const LOG_CALLS_PER_SECOND = 200
export const RULE_SERIES = 200

/**
 * Calls that are at the same packet when packets are measured one kind at a time: enough that reading the time costs nothing, and
 * few enough that their packets stay in the processor's cache.
 */
export const CALLS_IN_STEP = 64

/** Milliseconds after which every transaction of an ended call has ended: RFC 6026 Timers L and M take 32 s. */
export const TRANSACTIONS_MS = 40_000

/** Calls, at least, before the first measured round: V8 has compiled what it will compile. */
export const ENGINE_WARM_UP_CALLS = 50_000
