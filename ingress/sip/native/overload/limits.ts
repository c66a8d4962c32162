/** Limits of a process that is behind: more comes than it can do. */

/**
 * Milliseconds that a new INVITE may wait in this process. After that, it is shed. Its caller repeats it after T1 (500 ms), and
 * must get the 503 before. The rest of the 500 ms is for two other delays: a cgroup may have stopped the process for most of a
 * period of 100 ms while the INVITE was in the socket, and the answer has a way to go.
 */
export const MAX_INVITE_WAIT_MS = 200

/**
 * Milliseconds of work on waiting requests before the sockets are read again. What comes in this time waits in the kernel: some
 * hundred datagrams, if four times as much comes as a core can do.
 */
export const WAITING_SLICE_MS = 4

/**
 * Milliseconds of work on refusals after the work of `WAITING_SLICE_MS`. To send a 503 costs half as much as a whole refused
 * call. So most of the time must go to calls that are served. Otherwise no call would be served when four times as much comes
 * as a core can do.
 */
export const REFUSAL_SLICE_MS = 2

/**
 * Milliseconds after which an INVITE over UDP gets no 503 any more and is dropped. Its caller sends it again after T1 (500 ms),
 * and the repeat is handled as if it were the first one.
 */
export const MAX_REFUSAL_WAIT_MS = 450

/**
 * Milliseconds of reading before waiting requests get their time, if the sockets do not become empty. Together with
 * `WAITING_SLICE_MS`, this gives new calls a third of the time, and requests of existing calls the rest.
 */
export const MAX_READING_MS = 8

/**
 * Milliseconds. If the INVITE that is served next has waited for at least this time, new INVITEs are refused or left to their
 * repeats when they are read. It is less than `MAX_INVITE_WAIT_MS`, so that nearly all INVITEs that wait are also served.
 */
export const LONG_QUEUE_MS = 120

/** At most this many INVITEs are refused when they are read, between two slices. */
export const REFUSALS_BETWEEN_SLICES = 4

/**
 * Slices of `WAITING_SLICE_MS`, one after the other, after which the sockets were still not empty. From then on, new INVITEs
 * are shed when they are read, because nobody knows how long they have waited in the kernel. If this happens after one slice
 * only, a cgroup may have stopped the process.
 */
export const MAX_UNREAD_SLICES = 4

/**
 * At most this many requests in each of two queues: requests that wait to be served, and requests that wait to be refused. An
 * INVITE over UDP leaves the second queue after 450 ms, so the queue is full only if more than 36,000 of them come in a second.
 */
export const MAX_WAITING_REQUESTS = 16_384

/**
 * At most this many bytes of requests in each of the two queues that `MAX_WAITING_REQUESTS` limits. A request has 1 KB on
 * average.
 */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024

/**
 * At most this many INVITEs are remembered because they were shed, so that their repeats get the same answer. Each takes 16
 * bytes, so all together take 1 MiB. A repeat usually comes within a second.
 */
export const MAX_SHED_INVITES = 65_536

/** Milliseconds between two changes of the share of new calls that the kernel lets in. To give it a new filter takes 1 ms. */
export const ADMISSION_MS = 100

/**
 * If more than this part of the INVITEs that were read got no answer, the kernel lets in fewer. To read an INVITE and leave it to
 * its repeat is work for nothing, and the repeat will be answered late.
 */
export const MOST_LEFT = 0.005

/** The largest part by which the first step makes the share smaller. It was measured in a moment in which little was served. */
export const FIRST_STEP = 0.75

/** Looks after the first step at which nothing is changed: what had come before the step is still read, and left, in this time. */
export const SETTLING_LOOKS = 2

/** The largest and the smallest part by which a later step changes the share. */
export const MOST_STEP = 0.5
export const LEAST_STEP = 0.01

/** A step in the same direction as the one before is larger by this factor, so that the end of an overload is soon noticed. */
export const SAME_DIRECTION = 1.2

/**
 * A step in the other direction is smaller by this factor. Small steps matter: a share that grows lets in the repeats of all that
 * was left out in the seconds before, which is five packets for each new call, and these are answered late.
 */
export const OTHER_DIRECTION = 0.3

/** How much the last look changes the average of what is handled while INVITEs wait. */
export const CAPACITY_WEIGHT = 0.2

/** If more than this part of that average is handled, little is left to be gained by letting in more. */
export const NEAR_CAPACITY = 0.94

/** Near the capacity, the share grows by the smallest step, and only at each third look. */
export const SLOW_LOOKS = 3

/** After so many looks at which nothing waited, there is more time than before, and the share grows as elsewhere. */
export const CALM_LOOKS = 8

/** The kernel lets in at least this share of the new calls, so that it is seen when fewer come. */
export const LEAST_SHARE = 1 / 256
