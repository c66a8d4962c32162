/** Bounds of what stands between this process and drachtio-servers: each has a name, a unit and a reason. */

/** Bytes of one frame: the largest SIP message (65,535) and the line of facts before it, with room to spare. */
export const MAX_FRAME_BYTES = 131_072

/** Milliseconds from dialling to a connection that can be written to: a lost SYN is sent again after 1 and 3 s on Linux. */
export const CONNECT_MS = 4_000

/** Milliseconds that a server has to answer the secret; one that hangs is dialled again. */
export const AUTHENTICATE_MS = 4_000

/** Milliseconds before the second try; the pause doubles from there. */
export const FIRST_RETRY_MS = 250

/** Milliseconds. The longest pause: a server that is back is found within this time. */
export const LONGEST_RETRY_MS = 10_000

/** Milliseconds before a server is asked again that refused the secret or is too old: only a person changes that. */
export const REFUSED_RETRY_MS = 30_000

/** Milliseconds between two pings; a ping that is not answered before the next ends the connection, as no TCP would for hours. */
export const PING_MS = 15_000

/** Milliseconds that a connection of the outbound mode stays after its last call: long enough for its end to be reported. */
export const OUTBOUND_IDLE_MS = 5_000

/** Connections of the outbound mode: one a call, so as many calls at a time. */
export const MAX_OUTBOUND_CONNECTIONS = 4_096

/** Milliseconds that a server has for the last answers before a connection of a process that ends is cut. */
export const CLOSE_MS = 1_000

/**
 * Milliseconds from the ACK to a call that was answered in spite of our CANCEL to our BYE, unless the server's own has been
 * reported by then: it comes at once, or, where the answer was there before the CANCEL, never.
 */
export const OWN_BYE_MS = 1_000

/** Milliseconds between two lines of the log about backends that are passed over: calls come by the hundred. */
export const PASSED_OVER_REPORT_MS = 60_000

/**
 * Milliseconds from an INVITE to a second 100 Trying where nothing else has been sent: a server forgets an INVITE that
 * has had no response of the application for 64 s, and could not send its final response.
 */
export const HOLD_MS = 32_000

/** Bytes of the file that holds the secret: one line. */
export const MAX_SECRET_BYTES = 4_096

/** Bytes of a file of certificates: a bundle of every public authority has 250 KB. */
export const MAX_PEM_BYTES = 1_048_576
