/** Bounds on what a client of /metrics and the probes can occupy. */

/** Milliseconds for the headers of a request: a probe sends them at once. */
export const HEADERS_TIMEOUT_MS = 5_000

/** Milliseconds for a whole request. */
export const REQUEST_TIMEOUT_MS = 10_000

/** Milliseconds that a connection stays open for another request: scrapers come every 15 s or later, and open a new one. */
export const KEEP_ALIVE_MS = 5_000

/** Milliseconds between two checks for connections that take too long. */
export const CHECK_INTERVAL_MS = 1_000

/** Milliseconds for which a connection may wait for a whole request, whether it is new or was kept alive. */
export const WAIT_TIMEOUT_MS = KEEP_ALIVE_MS + HEADERS_TIMEOUT_MS

/** Milliseconds from a whole request until the client has taken the answer: a scraper gives up after 10 s, and a probe long before. */
export const ANSWER_TIMEOUT_MS = 10_000

/** Bytes of a request's headers: scrapers send under one kilobyte. */
export const MAX_HEADER_BYTES = 8 * 1024

/** Connections at the same time: some scrapers and the kubelet, room for a person, and far below any limit of open files. */
export const MAX_CONNECTIONS = 128

/** Connections of one address: the address of a node may stand for the kubelet and for the scrapers on it. */
export const MAX_CONNECTIONS_PER_ADDRESS = 16

/** Requests that may come while an earlier one is being answered: they get no answer. One more of them closes the connection. */
export const MAX_PIPELINED_REQUESTS = 16

/** Answers that are being taken at the same time: each contains the metrics as text, some megabytes where there are many rules. */
export const MAX_ANSWERS = 16
