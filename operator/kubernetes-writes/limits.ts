/** Milliseconds before the first repeat of failed work. With every further failure this pause doubles (client-go's default). */
export const RETRY_BASE_MS = 5

/**
 * The most milliseconds between two repeats (client-go's default). Work that fails again and again is tried about four times an
 * hour.
 */
export const RETRY_LIMIT_MS = 1_000_000

/**
 * At most this many repeats per second, counted over all keys of a queue (client-go's default). After an outage, this limit
 * spreads the repeats over time.
 */
export const RETRIES_PER_SECOND = 10

/** The number of repeats that may start at once, before RETRIES_PER_SECOND limits the rest (client-go's default). */
export const RETRY_BURST = 100

/** Milliseconds after which one piece of work is aborted. In this time the API server normally answers or gives up. */
export const WORK_TIMEOUT_MS = 30_000

/**
 * The most milliseconds for one piece of work. If it takes longer, the process counts as stuck, because the work has ignored
 * its abort signal.
 */
export const STUCK_WORK_MS = 120_000

/** Milliseconds for which a holder has the Lease after a renewal (client-go's default). */
export const LEASE_DURATION_MS = 15_000

/**
 * If a leader has not renewed the Lease for this many milliseconds, it stops leading. At this time no standby may take over
 * yet.
 */
export const RENEW_DEADLINE_MS = 10_000

/** Milliseconds between two renewals of the leader (client-go's default). */
export const RENEW_PERIOD_MS = 2_000

/**
 * Milliseconds between two reads of a standby. With the jitter added, a standby acquires a released Lease in less than two
 * seconds.
 */
export const STANDBY_PERIOD_MS = 1_000

/** A random part of each period, up to this share, is added to the period. So standbys do not all ask at the same time. */
export const PERIOD_JITTER = 0.2

/**
 * Milliseconds for one request about the Lease. This is half of RENEW_DEADLINE_MS, so that there is time for a second attempt.
 */
export const LEASE_REQUEST_TIMEOUT_MS = 5_000

/**
 * At most this many status writes per second, counted over all objects. With this limit, 1,000 new objects have their status
 * after 20 s. The number follows the experience of Istio.
 */
export const STATUS_WRITES_PER_SECOND = 50

/**
 * At most this many status writes are made at once; STATUS_WRITES_PER_SECOND limits the rest. So a single object gets its first
 * conditions immediately.
 */
export const STATUS_WRITE_BURST = 100

/** At most this many status writes per second for one object. */
export const OBJECT_STATUS_WRITES_PER_SECOND = 1

/**
 * At most this many status writes of one object are made at once; OBJECT_STATUS_WRITES_PER_SECOND limits the rest. Three are
 * enough for Accepted, for Programmed shortly afterwards, and for one correction.
 */
export const OBJECT_STATUS_WRITE_BURST = 3

/**
 * At most this many status writes are in progress at the same time. If a write takes 100 ms, this is enough for
 * STATUS_WRITES_PER_SECOND.
 */
export const STATUS_WORKERS = 8

/** Milliseconds before a status is written again after a conflict. In this time the watch reports the changed object. */
export const CONFLICT_RETRY_MS = 100

/**
 * Milliseconds before a forbidden status write is tried again. The pause is long, because a person must first correct the role.
 */
export const FORBIDDEN_RETRY_MS = 60_000

/**
 * Above this number of remembered status writes, outdated ones are removed. At STATUS_WRITES_PER_SECOND, this number is reached
 * in some seconds.
 */
export const MAX_REMEMBERED_WRITES = 1_000

/**
 * Milliseconds between two rounds. A round compares some statuses with the wanted ones, because the watch may have missed an
 * event.
 */
export const STATUS_SWEEP_MS = 1_000

/**
 * The number of statuses that one round compares. A round takes some milliseconds. With 100,000 objects, all objects are
 * compared once in a minute.
 */
export const STATUS_SWEEP_OBJECTS = 2_000

/**
 * Milliseconds before a status that the API server has refused is tried again. The pause is long, because a person must first
 * update the CRDs.
 */
export const REFUSED_RETRY_MS = 600_000

/**
 * An overwritten status is restored immediately this many times in a row. After that there is a pause before each restoration,
 * and each pause is twice as long as the one before.
 */
export const FREE_OVERWRITES = 3

/**
 * The pause before an overwritten status is restored, in milliseconds, after FREE_OVERWRITES restorations in a row. `least` is
 * the first pause, `most` the longest.
 */
export const OVERWRITTEN_PAUSE_MS = { least: 2_000, most: 300_000 } as const

/**
 * If a status was not overwritten for this many milliseconds, the next overwrite counts as the first again. This time is longer
 * than the longest pause.
 */
export const OVERWRITTEN_MEMORY_MS = 900_000

/**
 * Milliseconds that another installation has for restoring its name in a status. After that it counts as gone. The time must be
 * long enough for a change of its leader, which takes up to 17 s.
 */
export const CLAIM_MS = 45_000

/** Milliseconds between two checks whether another installation still watches the same namespace. */
export const OVERLAP_REVIEW_MS = 600_000

/** The share of the live ingress pods that must run a generation before the generation is Programmed. */
export const PROGRAMMED_SHARE = 0.99

/**
 * At most this many different Events are remembered. If a remembered Event occurs again, its count rises, and no new Event is
 * written.
 */
export const MAX_EVENT_SERIES = 4_096

/** Milliseconds between two updates of the count of one Event (client-go's interval of a series). */
export const EVENT_SERIES_PERIOD_MS = 360_000

/** At most this many Events of one object are written at once; EVENTS_PER_SECOND limits the rest (client-go's spam filter). */
export const EVENT_BURST = 25

/** At most this many Events per second for one object after EVENT_BURST is used up: one Event in five minutes. */
export const EVENTS_PER_SECOND = 1 / 300

/** The most pending writes of Events. If the API server does not answer, further writes are dropped and counted. */
export const MAX_WAITING_EVENTS = 1_000

/** Milliseconds for one write of an Event. */
export const EVENT_WRITE_TIMEOUT_MS = 10_000

/** The most characters of a note. The API server has this limit for events.k8s.io/v1. */
export const MAX_NOTE_LENGTH = 1_024

/** The most characters of an object's name (RFC 1123 subdomain). */
export const MAX_OBJECT_NAME_LENGTH = 253

/** A message lists at most so many backends that are down. Five are enough to see what they have in common. */
export const NAMED_BACKENDS = 5
