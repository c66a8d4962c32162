/** Limits of the connections between this process and drachtio-servers: each has a name, a unit and a reason. */

/**
 * Bytes of the largest frame. This is more than the largest SIP message (65,535) together with the line of facts before it.
 */
export const MAX_FRAME_BYTES = 131_072

/** Milliseconds from dialling until the connection can be written to. On Linux a lost SYN is sent again after 1 and 3 s. */
export const CONNECT_MS = 4_000

/** Milliseconds that a server has to answer the secret. A server that does not answer is dialled again. */
export const AUTHENTICATE_MS = 4_000

/** Milliseconds before the second attempt to connect. The pause doubles before each further attempt. */
export const FIRST_RETRY_MS = 250

/** The longest pause in milliseconds: a server that works again is found within this time. */
export const LONGEST_RETRY_MS = 10_000

/** Milliseconds before the next attempt if a server refused the secret or is too old: only a person can change that. */
export const REFUSED_RETRY_MS = 30_000

/**
 * Milliseconds between two pings. If a ping is not answered before the next ping is due, the connection is closed. TCP alone
 * would not close it for hours.
 */
export const PING_MS = 15_000

/**
 * Milliseconds that a connection of the outbound mode stays open after its last call: long enough for the end of the call
 * to be reported.
 */
export const OUTBOUND_IDLE_MS = 5_000

/** Connections of the outbound mode. Each call has its own connection, so this is also the limit of calls at a time. */
export const MAX_OUTBOUND_CONNECTIONS = 4_096

/** Milliseconds that a server has for the last answers when this process ends. Then the connection is cut. */
export const CLOSE_MS = 1_000

/**
 * Milliseconds from our ACK to our BYE, for a call that was answered in spite of our CANCEL. If the server has reported a BYE
 * of its own by then, we send no BYE. The server sends its BYE at once, or never if the answer had come before the CANCEL.
 */
export const OWN_BYE_MS = 1_000

/** Milliseconds between two log lines about backends that are passed over: hundreds of calls can come in that time. */
export const PASSED_OVER_REPORT_MS = 60_000

/**
 * Milliseconds from an INVITE to a second 100 Trying, which is sent if nothing else has been sent. If the application sends
 * no response for 64 s, the server forgets the INVITE, and could not send the final response any more.
 */
export const HOLD_MS = 32_000

/** Bytes of the largest file with a secret. The secret is one line. */
export const MAX_SECRET_BYTES = 4_096

/** Bytes of a file of certificates: a bundle of all public authorities has 250 KB. */
export const MAX_PEM_BYTES = 1_048_576
