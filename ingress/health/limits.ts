/** Limits on the connections, time and memory that clients of /metrics, /livez and /readyz can use. */

/** A client may take at most this many milliseconds to send the headers of a request. A probe sends them at once. */
export const HEADERS_TIMEOUT_MS = 5_000

/** A client may take at most this many milliseconds to send a whole request. */
export const REQUEST_TIMEOUT_MS = 10_000

/**
 * After an answer, a connection stays open for another request for this many milliseconds. Most scrapers wait at least 15 s
 * before the next request, and then open a new connection.
 */
export const KEEP_ALIVE_MS = 5_000

/** Milliseconds between two checks for connections that take too long. */
export const CHECK_INTERVAL_MS = 1_000

/**
 * Milliseconds that a connection may wait for a whole request. A new connection and a connection that has had an answer
 * have the same limit.
 */
export const WAIT_TIMEOUT_MS = KEEP_ALIVE_MS + HEADERS_TIMEOUT_MS

/**
 * Milliseconds from a whole request until the client has received the answer. A scraper gives up after 10 s, and a probe
 * much earlier.
 */
export const ANSWER_TIMEOUT_MS = 10_000

/** At most this many bytes of headers per request. Scrapers send less than one kilobyte. */
export const MAX_HEADER_BYTES = 8 * 1024

/**
 * At most this many connections at the same time. 128 are enough for some scrapers, the kubelet and a person. The limit of
 * open files is far higher.
 */
export const MAX_CONNECTIONS = 128

/**
 * At most this many connections from one address at the same time. The kubelet and the scrapers of a node may all come from
 * the node's address.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 16

/**
 * At most this many requests may come on a connection while an earlier request is being answered. They get no answer. One
 * more request closes the connection.
 */
export const MAX_PIPELINED_REQUESTS = 16

/**
 * At most this many answers are being sent at the same time. Each contains the metrics as text, which are some megabytes if
 * there are many rules.
 */
export const MAX_ANSWERS = 16
