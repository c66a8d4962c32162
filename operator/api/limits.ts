/**
 * The most connections for requests to one API server. Each watch has a connection of its own, so that a watch never blocks a
 * write.
 */
export const API_REQUEST_CONNECTIONS = 16

/**
 * Milliseconds for making a connection, TLS included. A lost SYN can be repeated twice in this time. The time is shorter than
 * the duration of a Lease.
 */
export const API_CONNECT_TIMEOUT_MS = 5_000

/**
 * Milliseconds until the first byte of an answer. The time is long, because a list may take long: for a large collection, the
 * watch cache of the API server must first reach the newest version.
 */
export const API_HEADERS_TIMEOUT_MS = 60_000

/**
 * Milliseconds between two parts of an answer's body. The limit does not apply to watches. The reflector itself checks whether
 * a watch has been silent for too long.
 */
export const API_BODY_TIMEOUT_MS = 30_000

/**
 * Milliseconds that an unused connection stays open. This is long enough that the next renewal of a Lease uses the same
 * connection.
 */
export const API_KEEP_ALIVE_MS = 20_000

/** If no byte has come for this many milliseconds, TCP asks whether the peer is still there. client-go uses the same time. */
export const API_TCP_KEEP_ALIVE_MS = 30_000

/**
 * The most bytes of one event of a watch. An object has at most 1.5 MiB (etcd's request limit). JSON escapes can make it
 * several times longer.
 */
export const MAX_WATCH_EVENT_BYTES = 16_777_216

/**
 * The longest Retry-After that the operator obeys, in milliseconds. Otherwise a wrong header could stop the operator for a day.
 */
export const MAX_RETRY_AFTER_MS = 300_000

/** The most characters of a body that an error's message repeats. This applies if the body is not a Status object. */
export const MAX_ERROR_TEXT = 200

/** The most bytes of a kubeconfig. A kubeconfig with a hundred clusters and their certificates has about a megabyte. */
export const MAX_KUBECONFIG_BYTES = 4_194_304

/** The most bytes of a file with a token, a certificate or a key. A bundle of all public authorities has 250 KB. */
export const MAX_CREDENTIAL_BYTES = 1_048_576

/**
 * Milliseconds that a credential plugin may take. The time is enough for asking a distant service. It is too short for asking a
 * person.
 */
export const PLUGIN_TIMEOUT_MS = 60_000

/** The most bytes of a credential plugin's output. A token and a certificate with its key have some ten thousand bytes. */
export const MAX_PLUGIN_OUTPUT_BYTES = 1_048_576

/** A new token is fetched this many milliseconds before the old one expires, because two clocks may differ. */
export const TOKEN_RENEWAL_MS = 10_000
