/** Milliseconds before the first repeat of work that failed, doubled with every further failure (client-go's default). */
export const RETRY_BASE_MS = 5

/** Milliseconds between two repeats at most (client-go's default): a fault that lasts is still looked at every quarter of an hour. */
export const RETRY_LIMIT_MS = 1_000_000

/** Repeats per second of all keys of a queue together (client-go's default): an outage must not end in a storm. */
export const RETRIES_PER_SECOND = 10

/** Repeats that may come at once before RETRIES_PER_SECOND holds (client-go's default). */
export const RETRY_BURST = 100

/** Milliseconds after which one piece of work is told to stop: the API server answers or gives up sooner. */
export const WORK_TIMEOUT_MS = 30_000

/** Milliseconds of one piece of work beyond which the process counts as stuck: work that ignores being told to stop. */
export const STUCK_WORK_MS = 120_000

/** Milliseconds for which a Lease is held without being renewed (client-go's default). */
export const LEASE_DURATION_MS = 15_000

/** Milliseconds after which a leader that could not renew stops leading: before any standby may take over. */
export const RENEW_DEADLINE_MS = 10_000

/** Milliseconds between two renewals of the leader (client-go's default). */
export const RENEW_PERIOD_MS = 2_000

/** Milliseconds between two looks of a standby: with the jitter, a released Lease is taken in less than two seconds. */
export const STANDBY_PERIOD_MS = 1_000

/** Part of a period that is added at random, so that standbys do not ask in step. */
export const PERIOD_JITTER = 0.2

/** Milliseconds for one request about the Lease: half of the deadline, so that a second attempt fits into it. */
export const LEASE_REQUEST_TIMEOUT_MS = 5_000

/** Status writes per second of all objects together: 1,000 new objects have their status in 20 s (Istio's lesson). */
export const STATUS_WRITES_PER_SECOND = 50

/** Status writes that may come at once: one object's first conditions must not wait. */
export const STATUS_WRITE_BURST = 100

/** Status writes per second of one object. */
export const OBJECT_STATUS_WRITES_PER_SECOND = 1

/** Status writes of one object that may come at once: Accepted, then Programmed shortly after, then one correction. */
export const OBJECT_STATUS_WRITE_BURST = 3

/** Status writes in progress at once: enough for the budget at 100 ms each. */
export const STATUS_WORKERS = 8

/** Milliseconds before the status of an object that has just changed is tried again: the watch brings the change sooner. */
export const CONFLICT_RETRY_MS = 100

/** Milliseconds before a forbidden status write is tried again: until somebody has corrected the role. */
export const FORBIDDEN_RETRY_MS = 60_000

/** Status writes that are remembered before the old ones are tidied away: a few seconds of the budget. */
export const MAX_REMEMBERED_WRITES = 1_000

/** Milliseconds between two looks at some statuses whether they say what they should: a watch that lost an event is no excuse. */
export const STATUS_SWEEP_MS = 1_000

/** Statuses of one look: some milliseconds of work. 100,000 objects are looked at in a minute. */
export const STATUS_SWEEP_OBJECTS = 2_000

/** Milliseconds before a status that the API server has refused is tried again: until somebody has brought the CRDs up to date. */
export const REFUSED_RETRY_MS = 600_000

/** Times in a row that a status which somebody else has overwritten is put right at once. Then each pause doubles. */
export const FREE_OVERWRITES = 3

/** Milliseconds before a status that is overwritten again and again is put right: the first pause, and the longest. */
export const OVERWRITTEN_PAUSE_MS = { least: 2_000, most: 300_000 } as const

/** Milliseconds without an overwriting, after which the next one is the first again: longer than the longest pause. */
export const OVERWRITTEN_MEMORY_MS = 900_000

/**
 * Milliseconds for which another installation must leave its name out of a status to be taken for gone: a change of its
 * leader takes up to 17 s.
 */
export const CLAIM_MS = 45_000

/** Milliseconds between two looks whether an installation that watches the same namespace still does. */
export const OVERLAP_REVIEW_MS = 600_000

/** Part of the live ingress pods that must run a generation before it is Programmed. */
export const PROGRAMMED_SHARE = 0.99

/** Different events that are remembered, to count their repeats instead of writing each. */
export const MAX_EVENT_SERIES = 4_096

/** Milliseconds between two updates of the count of one event (client-go's interval of a series). */
export const EVENT_SERIES_PERIOD_MS = 360_000

/** Events of one object that may come at once (client-go's spam filter). */
export const EVENT_BURST = 25

/** Events per second of one object beyond the burst: one in five minutes. */
export const EVENTS_PER_SECOND = 1 / 300

/** Event writes that wait at most: behind an API server that hangs, further ones are dropped and counted. */
export const MAX_WAITING_EVENTS = 1_000

/** Milliseconds for one write of an event. */
export const EVENT_WRITE_TIMEOUT_MS = 10_000

/** Characters of a note, as the API server validates events.k8s.io/v1. */
export const MAX_NOTE_LENGTH = 1_024

/** Characters of an object's name (RFC 1123 subdomain). */
export const MAX_OBJECT_NAME_LENGTH = 253
