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

/**
 * Looks, one after the other, at which more than `MOST_LEFT` was left, before the kernel lets in fewer. A pause of the collector
 * or a burst is over by then, and a call that was left out for it would be answered late.
 */
export const SUSTAINED_LOOKS = 3

/** The smallest part of the share that is kept at once: what was handled was counted in a moment in which reading took the time. */
export const MOST_CUT = 0.25

/** Looks after a cut at which nothing is changed: what had come before it is still read in this time. */
export const SETTLING_LOOKS = 1

/** How much the last look changes the average of the processor time that the process gets while INVITEs wait. */
export const BUSY_WEIGHT = 0.3

/**
 * Packets that a call brings if it is let in after its peer has repeated such calls for 8 s: its own, and the repeats of calls like
 * it that still have no answer (Timer A, RFC 3261 §17.1.1.2).
 */
export const PACKETS_OF_A_CALL = 5

/**
 * The smallest and the largest part by which the share grows at a look at which nothing waits. The smallest one is for a process
 * that has no idle time, as far as it knows. With the largest one, all calls are let in again within a second.
 */
export const LEAST_GROWTH = 0.01
export const MOST_GROWTH = 1

/** The kernel lets in at least this share of the new calls, so that it is seen when fewer come. */
export const LEAST_SHARE = 1 / 256
