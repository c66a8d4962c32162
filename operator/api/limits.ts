/** Connections for requests to one API server. Each watch has a separate connection, so that watches never block a write. */
export const API_REQUEST_CONNECTIONS = 16

/** Milliseconds to connect, including TLS: long enough to repeat a lost SYN twice, and shorter than the duration of a Lease. */
export const API_CONNECT_TIMEOUT_MS = 5_000

/**
 * Milliseconds to the first byte of an answer. The time is long because a consistent list of a large collection waits for the
 * watch cache.
 */
export const API_HEADERS_TIMEOUT_MS = 60_000

/**
 * Milliseconds between two parts of an answer's body. This limit does not apply to watches: the reflector checks them for
 * silence.
 */
export const API_BODY_TIMEOUT_MS = 30_000

/** Milliseconds that an unused connection stays open: long enough for the renewals of a Lease to share one. */
export const API_KEEP_ALIVE_MS = 20_000

/** If no byte has come for this many milliseconds, TCP asks whether the peer is still there, as client-go does. */
export const API_TCP_KEEP_ALIVE_MS = 30_000

/**
 * The most bytes of one event of a watch. An object has 1.5 MiB at most (etcd's request limit), and JSON may escape all of it.
 */
export const MAX_WATCH_EVENT_BYTES = 16_777_216

/** The longest Retry-After that is obeyed, in milliseconds: a wrong header must not stop the operator for a day. */
export const MAX_RETRY_AFTER_MS = 300_000

/** If a body is not a Status object, the error's message repeats this many characters of the body. */
export const MAX_ERROR_TEXT = 200

/** Bytes of a kubeconfig. A kubeconfig with a hundred clusters and their certificates has a megabyte. */
export const MAX_KUBECONFIG_BYTES = 4_194_304

/** Bytes of a file with a token, a certificate or a key. A bundle of every public authority has 250 KB. */
export const MAX_CREDENTIAL_BYTES = 1_048_576

/**
 * Milliseconds that a credential plugin may take. This is long enough to ask a distant service, but not meant for asking a
 * person.
 */
export const PLUGIN_TIMEOUT_MS = 60_000

/** Bytes of a credential plugin's output. A token and a certificate with its key have some ten thousand bytes. */
export const MAX_PLUGIN_OUTPUT_BYTES = 1_048_576

/** A new token is fetched this many milliseconds before the old one expires, because clocks differ. */
export const TOKEN_RENEWAL_MS = 10_000
