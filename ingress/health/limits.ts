/**
 * Bounds on what a client of /metrics and the probes can hold.
 */

/** Milliseconds for a request's headers: a probe sends them at once. */
export const HEADERS_TIMEOUT_MS = 5_000

/** Milliseconds for a whole request. */
export const REQUEST_TIMEOUT_MS = 10_000

/** Milliseconds that a connection may be idle, a slow reader of an answer included. */
export const IDLE_TIMEOUT_MS = 30_000

/** Bytes of a request's headers: scrapers send under one kilobyte. */
export const MAX_HEADER_BYTES = 8 * 1024

/** Connections at the same time: some scrapers and the kubelet, and room for a person. */
export const MAX_CONNECTIONS = 64
