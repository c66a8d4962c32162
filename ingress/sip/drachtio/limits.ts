/** Limits of the connections between this process and drachtio-servers. Each has a name, a unit and a reason. */

/** Bytes of the largest frame. The largest SIP message has 65,535 bytes; a frame has one line of facts before the message. */
export const MAX_FRAME_BYTES = 131_072

/** Milliseconds to connect, until the connection can be written to. Linux sends a lost SYN again after 1 s and after 3 s. */
export const CONNECT_MS = 4_000

/** Milliseconds in which a server must answer the secret. If a server does not answer, we connect again. */
export const AUTHENTICATE_MS = 4_000

/** Milliseconds before the second attempt to connect. Before each further attempt, the pause doubles. */
export const FIRST_RETRY_MS = 250

/** Milliseconds: the longest pause between two attempts to connect. A server that works again is found within this time. */
export const LONGEST_RETRY_MS = 10_000

/**
 * Milliseconds before the next attempt if a server refused the secret or is too old. Only a person can change that, so the
 * pause is long.
 */
export const REFUSED_RETRY_MS = 30_000

/**
 * Milliseconds between two pings. If a ping has no answer when the next ping is due, the connection is closed. TCP alone would
 * take hours to notice a lost peer.
 */
export const PING_MS = 15_000

/**
 * Milliseconds that a connection of the outbound mode stays open after its last call. This is enough for the server to report
 * the end of the call.
 */
export const OUTBOUND_IDLE_MS = 5_000

/**
 * At most this many connections of the outbound mode. Each call has its own connection, so this also limits the number of calls
 * at the same time.
 */
export const MAX_OUTBOUND_CONNECTIONS = 4_096

/** Milliseconds in which a server must send the last answers when this process ends. After that, the connection is closed. */
export const CLOSE_MS = 1_000

/**
 * Milliseconds between our ACK and our BYE, if a call was answered after our CANCEL. If the server reports a BYE of its own in
 * this time, we send none. The server sends its BYE immediately, or never if the answer came before the CANCEL.
 */
export const OWN_BYE_MS = 1_000

/**
 * Milliseconds between two log lines about backends that are passed over. In this time, hundreds of calls may come, and each of
 * them would add a line.
 */
export const PASSED_OVER_REPORT_MS = 60_000

/**
 * Milliseconds from an INVITE to a second 100 Trying. It is sent if no other response was sent in this time. Without any
 * response from us for 64 s, the server forgets the INVITE and cannot send its final response.
 */
export const HOLD_MS = 32_000

/** Bytes of the largest file with a secret. A secret is one line. */
export const MAX_SECRET_BYTES = 4_096

/** Bytes of the largest file of certificates. A bundle of all public authorities has 250 KB. */
export const MAX_PEM_BYTES = 1_048_576
