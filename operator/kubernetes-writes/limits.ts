/**
 * Milliseconds before failed work is repeated for the first time. The pause doubles with every further failure (client-go's
 * default).
 */
export const RETRY_BASE_MS = 5

/**
 * The most milliseconds between two repeats (client-go's default): work that keeps failing is tried about every quarter of
 * an hour.
 */
export const RETRY_LIMIT_MS = 1_000_000

/** Repeats per second for all keys of a queue together (client-go's default). The limit spreads the repeats after an outage. */
export const RETRIES_PER_SECOND = 10

/** Repeats that may start together before RETRIES_PER_SECOND limits further ones (client-go's default). */
export const RETRY_BURST = 100

/** Milliseconds after which one piece of work is aborted. The API server answers or gives up before this time. */
export const WORK_TIMEOUT_MS = 30_000

/**
 * If one piece of work takes longer than this (in milliseconds), the process counts as stuck: the work has ignored its abort
 * signal.
 */
export const STUCK_WORK_MS = 120_000

/** Milliseconds for which a holder keeps the Lease without renewing it (client-go's default). */
export const LEASE_DURATION_MS = 15_000

/**
 * If a leader could not renew the Lease for this many milliseconds, it stops leading. It stops before any standby may take over.
 */
export const RENEW_DEADLINE_MS = 10_000

/** Milliseconds between two renewals of the leader (client-go's default). */
export const RENEW_PERIOD_MS = 2_000

/** Milliseconds between two reads of a standby. With the jitter, a standby acquires a released Lease in less than two seconds. */
export const STANDBY_PERIOD_MS = 1_000

/** The largest share of a period that is added to the period at random, so that standbys do not all ask at the same time. */
export const PERIOD_JITTER = 0.2

/** Milliseconds for one request about the Lease. This is half of the deadline, so that there is time for a second attempt. */
export const LEASE_REQUEST_TIMEOUT_MS = 5_000

/**
 * Status writes per second for all objects together. With this limit, 1,000 new objects have their status in 20 s (Istio's
 * lesson).
 */
export const STATUS_WRITES_PER_SECOND = 50

/** Status writes that may be made immediately, so that the first conditions of a single object need not wait. */
export const STATUS_WRITE_BURST = 100

/** Status writes per second of one object. */
export const OBJECT_STATUS_WRITES_PER_SECOND = 1

/** Status writes of one object that may be made immediately: Accepted, then Programmed shortly after, then one correction. */
export const OBJECT_STATUS_WRITE_BURST = 3

/** Status writes in progress at the same time. This is enough for STATUS_WRITES_PER_SECOND if a write takes 100 ms. */
export const STATUS_WORKERS = 8

/**
 * Milliseconds before a status is written again after a conflict. During this time the watch reports the change of the object.
 */
export const CONFLICT_RETRY_MS = 100

/**
 * Milliseconds before a forbidden status write is tried again. The pause is long, because a person has to correct the role first.
 */
export const FORBIDDEN_RETRY_MS = 60_000

/**
 * The number of remembered status writes from which outdated ones are removed. STATUS_WRITES_PER_SECOND reaches this number in
 * some seconds.
 */
export const MAX_REMEMBERED_WRITES = 1_000

/**
 * Milliseconds between two rounds. Each round compares some statuses with the wanted ones, in case the watch has missed an event.
 */
export const STATUS_SWEEP_MS = 1_000

/** Statuses that one round compares. This is some milliseconds of work. For 100,000 objects all rounds together take a minute. */
export const STATUS_SWEEP_OBJECTS = 2_000

/**
 * Milliseconds before a status that the API server has refused is tried again. The pause is long, because a person has to update
 * the CRDs first.
 */
export const REFUSED_RETRY_MS = 600_000

/**
 * How many times in a row an overwritten status is restored immediately. After that there is a pause before each restoration, and
 * the pause doubles each time.
 */
export const FREE_OVERWRITES = 3

/**
 * Milliseconds before a status that is overwritten again and again is restored. `least` is the first pause, `most` the longest.
 */
export const OVERWRITTEN_PAUSE_MS = { least: 2_000, most: 300_000 } as const

/**
 * If nobody has overwritten a status for this many milliseconds, the count of overwrites starts again at one. This time is longer
 * than the longest pause.
 */
export const OVERWRITTEN_MEMORY_MS = 900_000

/**
 * If another installation has not restored its name in a status for this many milliseconds, it counts as gone. A change of its
 * leader takes up to 17 s.
 */
export const CLAIM_MS = 45_000

/** Milliseconds between two checks whether another installation still watches the same namespace. */
export const OVERLAP_REVIEW_MS = 600_000

/** The share of the live ingress pods that must run a generation before the generation is Programmed. */
export const PROGRAMMED_SHARE = 0.99

/** The most different Events that are remembered. The repeats of a remembered Event are counted, and not written one by one. */
export const MAX_EVENT_SERIES = 4_096

/** Milliseconds between two updates of the count of one event (client-go's interval of a series). */
export const EVENT_SERIES_PERIOD_MS = 360_000

/** Events of one object that may be written immediately (client-go's spam filter). */
export const EVENT_BURST = 25

/** Events per second of one object after the burst: one in five minutes. */
export const EVENTS_PER_SECOND = 1 / 300

/** The most pending writes of Events. If the API server hangs, further writes are dropped and counted. */
export const MAX_WAITING_EVENTS = 1_000

/** Milliseconds for one write of an event. */
export const EVENT_WRITE_TIMEOUT_MS = 10_000

/** The most characters of a note, as the API server validates events.k8s.io/v1. */
export const MAX_NOTE_LENGTH = 1_024

/** The most characters of an object's name (RFC 1123 subdomain). */
export const MAX_OBJECT_NAME_LENGTH = 253
