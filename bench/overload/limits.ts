/** Bounds and fixed sizes of the overload benchmark. */

/** Milliseconds. RFC 3261 §17.1.1.2: Timers A and E begin at T1 and double; a backend's 200 is repeated alike (§13.3.1.4). */
export const T1_MS = 500

/** Milliseconds. RFC 3261 §17.1.2.2, §13.3.1.4: Timer E and the pause between two 200s grow no further; Timer A does. */
export const T2_MS = 4000

/** Milliseconds for the final answer of a call in time: a caller whose answer comes later has sent its INVITE again. */
export const IN_TIME_MS = 500

/** Milliseconds until the caller gives up: Timer B would be 32 s, and a measurement of 10 s would see no call lost. */
export const GIVE_UP_MS = 8000

/** Milliseconds that a backend repeats a 200 without an ACK: 64 × T1 (RFC 3261 §13.3.1.4). */
export const ANSWER_REPEAT_MS = 64 * T1_MS

/** Milliseconds without a packet after which an order is over: repeats that are still on their way need an answer. */
export const SILENCE_MS = 600

/** Milliseconds between two looks whether an order is over. */
export const END_LOOK_MS = 50

/** Milliseconds after the last call at which an order ends even if packets still come. */
export const MAX_DRAIN_MS = 40_000

/** Final answers of one window: there is room for so many response times. */
export const MAX_ANSWERS = 2_000_000

/** Calls started, strangers' packets, and repeats of one pause in one turn of the event loop: what comes must be read too. */
export const MAX_PER_TURN = 32

/**
 * The first call number of the open generator. The closed one counts from 1, and a server may still know its calls when
 * this one begins.
 */
export const FIRST_OPEN_CALL = 1_000_000_000

/** The first call number of strangers: none of them is the number of a known call. */
export const FIRST_STRANGER_CALL = 2_000_000_000

/**
 * Microseconds of the shortest period in which a server may use its share. A longer one, which only a small share needs,
 * stops the server for longer, and answers come later for this reason alone.
 */
export const MIN_PERIOD_US = 10_000

/** Microseconds: Linux takes no smaller quota (Documentation/scheduler/sched-bwc.rst). */
export const MIN_QUOTA_US = 1000

/** Milliseconds between two attempts to remove a cgroup whose processes are ending. */
export const GROUP_LOOK_MS = 20

/** The smallest share: a server would stand still for 99 ms of 100. */
export const MIN_SHARE = 0.01

/** How often the search for the capacity doubles the rate: 16 times the rate with which it begins is more than the caller can send. */
export const CAPACITY_DOUBLINGS = 4

/** How often the search halves what is between a rate that is kept up and one that is not: the last step is 3 % of it wide. */
export const CAPACITY_HALVINGS = 5

/** Seconds of each step that count, and of the load before them: the whole run must end within a quarter of an hour. */
export const CAPACITY_SECONDS = 2
export const CAPACITY_SETTLE_SECONDS = 1

/** Seconds of load before the window where no more is offered than the capacity: nothing piles up then. */
export const CALM_SETTLE_SECONDS = 2

/** Below which no capacity is looked for, in multiples of the rate at saturation. */
export const LOWEST_CAPACITY = 0.25

/** Share of the calls that must end well and in time at a rate that is within the capacity. */
export const WELL_SHARE = 0.99

/** Milliseconds between two looks whether a server has come to rest. */
export const REST_LOOK_MS = 500

/** Share of its own share that a server at rest may use: timers and the collector run on. */
export const REST_SHARE = 0.2

/** Milliseconds for a server to come to rest: the longest transaction lasts 32 s. */
export const MAX_REST_MS = 40_000

/** The address that no trunk admits. */
export const STRANGER_ADDRESS = '127.0.0.66'

/** Datagrams of strangers, and calls of a known peer, per second. */
export const STRANGERS_PER_SECOND = 20_000
export const KNOWN_CALLS_PER_SECOND = 200
