/** Connections for requests to one API server. Watches have one each beside them, so that they never starve a write. */
export const API_REQUEST_CONNECTIONS = 16

/** Milliseconds to connect, TLS included: longer than a lost SYN or two, shorter than a Lease lasts. */
export const API_CONNECT_TIMEOUT_MS = 5_000

/** Milliseconds to the first byte of an answer: a consistent list of a large collection waits for the watch cache. */
export const API_HEADERS_TIMEOUT_MS = 60_000

/** Milliseconds between two parts of an answer's body. Watches have no such limit: their reader watches their silence. */
export const API_BODY_TIMEOUT_MS = 30_000

/** Milliseconds that an unused connection stays open: long enough for the renewals of a Lease to share one. */
export const API_KEEP_ALIVE_MS = 20_000

/** Milliseconds without traffic after which TCP asks whether the peer is there, as client-go does. */
export const API_TCP_KEEP_ALIVE_MS = 30_000

/** Bytes of one event of a watch: an object has 1.5 MiB at most (etcd's request limit) and JSON may escape all of it. */
export const MAX_WATCH_EVENT_BYTES = 16_777_216

/** Milliseconds of a Retry-After that are honoured: a wrong header must not silence the operator for a day. */
export const MAX_RETRY_AFTER_MS = 300_000

/** Characters of a body that is no Status object, as they appear in an error's message. */
export const MAX_ERROR_TEXT = 200

/** Bytes of a kubeconfig: one with a hundred clusters and their certificates has a megabyte. */
export const MAX_KUBECONFIG_BYTES = 4_194_304

/** Bytes of a file with a token, a certificate or a key: a bundle of every public authority has 250 KB. */
export const MAX_CREDENTIAL_BYTES = 1_048_576

/** Milliseconds that a credential plugin may take: some ask a service far away, none should ask a person. */
export const PLUGIN_TIMEOUT_MS = 60_000

/** Bytes of what a credential plugin writes: a token and a certificate with its key have some ten thousand. */
export const MAX_PLUGIN_OUTPUT_BYTES = 1_048_576

/** Milliseconds before a token of an identity provider runs out at which a new one is fetched: clocks differ. */
export const TOKEN_RENEWAL_MS = 10_000
