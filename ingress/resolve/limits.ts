/** Limits on what DNS can cost a process, and on how long its answers are used. */

/** Bytes of a UDP answer that we ask for. Answers of this size are not fragmented on usual networks (RFC 9715 §3.1). */
export const UDP_ANSWER_BYTES = 1232

/** Bytes of the largest answer over TCP. Its length has 16 bits (RFC 1035 §4.2.2). */
export const MAX_ANSWER_BYTES = 65_535

/**
 * Packets that are no answer to our question are ignored, because anybody may forge them. After this many, the question counts
 * as failed: somebody is guessing, and a new question has another number and another port.
 */
export const MAX_WRONG_ANSWERS = 16

/** At most this many records of one answer are read. The record of a name with more is a mistake, or an attack. */
export const MAX_RECORDS = 200

/** At most this many servers (SRV records) of a name are used, those with the lowest priority number first. */
export const MAX_SERVERS = 32

/** At most this many addresses of one name are used. Each is a known peer, and a call tries eight at most. */
export const MAX_ADDRESSES = 32

/** At most this many CNAME records are followed for one question. Resolvers of operating systems allow 8 to 16. */
export const MAX_ALIASES = 8

/** At most this many nameservers of `/etc/resolv.conf` are used, as in the C library (`MAXNS`). */
export const MAX_NAMESERVERS = 3

/** At most this many search domains are used, as in the C library since 2.26 and in Kubernetes. */
export const MAX_SEARCH_DOMAINS = 32

/** Bytes of `/etc/resolv.conf` that are read. Kubernetes limits the search list to 2048 characters. */
export const MAX_RESOLV_CONF_BYTES = 65_536

/** Milliseconds to wait for one answer, if `/etc/resolv.conf` says nothing. Nothing else waits meanwhile. */
export const ANSWER_MS = 2_000

/** Milliseconds of the longest wait that `/etc/resolv.conf` can ask for (`options timeout`). */
export const MAX_ANSWER_MS = 10_000

/** How often the list of nameservers is asked, if `/etc/resolv.conf` says nothing, and at most (`options attempts`). */
export const ATTEMPTS = 2
export const MAX_ATTEMPTS = 5

/** The largest `ndots`, as in the C library. */
export const MAX_NDOTS = 15

/** At most this many names are looked up at the same time. A table may have thousands of names. */
export const MAX_LOOKUPS_AT_ONCE = 32

/** At most this many questions of one look-up wait for an answer at the same time. Each of them has a socket. */
export const MAX_QUESTIONS_AT_ONCE = 8

/**
 * Seconds. A shorter time to live counts as this. Five seconds is what CoreDNS gives for names of a cluster; with less, every
 * pod would ask every second for every name.
 */
export const MIN_TTL_SECONDS = 5

/** Seconds. A longer time to live counts as this, so that a mistake with a TTL of a week is over after an hour. */
export const MAX_TTL_SECONDS = 3_600

/**
 * The part of the time to live after which a name is asked again: at random between these two, so that the pods of a Deployment,
 * which start together, do not ask together. The rest of the time is for tries that fail.
 */
export const EARLIEST_REFRESH = 0.7
export const LATEST_REFRESH = 0.9

/** Milliseconds to the second try after a failure. Each further try waits twice as long, up to the second limit. */
export const FIRST_RETRY_MS = 1_000
export const MAX_RETRY_MS = 30_000

/**
 * Milliseconds for which an old answer is used while DNS fails: no answer, or an answer that is a fault. RFC 8767 §5 recommends
 * one to three days. A backend that has moved without DNS being there to say so is rarer than a DNS that is down for hours.
 */
export const MAX_STALE_MS = 24 * 3_600_000

/**
 * Milliseconds for which an old answer is used after DNS has said that the name has no address. A zone that is loaded half, or a
 * headless Service between two pods, is over by then. After that, the addresses are strangers.
 */
export const MAX_DENIED_MS = 5 * 60_000

/**
 * Milliseconds after its first table for which a process waits for the first answers before it says that it is ready. Calls do
 * not wait: a process that gets one has no address yet for a name that is still asked for.
 */
export const FIRST_ANSWERS_MS = 5_000
