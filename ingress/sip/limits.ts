/**
 * Every bound on what a peer can make the engine keep or do: each has a name, a unit and a reason. No other file of the engine
 * contains such a number.
 */

/** Bytes. RFC 3261 §18.1.1: the largest UDP datagram; also the longest message that a stream peer may make us hold. */
export const MAX_MESSAGE_BYTES = 65_535

/** Headers in a message. Real calls carry 20 to 60; the index of a message is one fixed array of this many rows. */
export const MAX_HEADERS = 256

/** Parameters in one header value or URI. Real ones have up to 20; each is compared with all before it. */
export const MAX_PARAMETERS = 64

/**
 * Bytes of start line and headers on a stream. Real ones have 1 to 4 KB, and an Identity header adds 2 KB; anything longer is
 * garbage.
 */
export const MAX_HEADER_SECTION_BYTES = 32_768

/** Branches. RFC 5393 §5.3.3: the value that a proxy adds to a request without Max-Breadth, and our cap on it. */
export const MAX_BREADTH = 60

/** Bytes. RFC 3261 §18.1.1: a larger request MUST go over a stream where the path MTU is not known. */
export const MAX_DATAGRAM_REQUEST_BYTES = 1300

/** Milliseconds. RFC 3261 §16.6 step 11: Timer C MUST be more than three minutes. */
export const TIMER_C_MS = 185_000

/** Route values that are searched for our own. Real route sets have two to ten; the rest of a longer list is not looked at. */
export const MAX_ROUTE_VALUES = 64

/** Different cookies that are tried in the Routes of one request: two passes with two values each, twice over. A MAC costs 2 µs. */
export const MAX_COOKIES_TRIED = 8

// Transport, datagrams.

/**
 * Bytes. With the system's default of 208 KiB, packets are lost at 64 calls outstanding; the kernel caps it at rmem_max and
 * wmem_max.
 */
export const DATAGRAM_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

/** Bytes. The largest payload that IPv4 carries (65,535 less its header and UDP's): a larger request must go over a stream. */
export const MAX_DATAGRAM_BYTES = 65_507

/**
 * Bytes that wait in the process when a socket's send buffer is full. A datagram beyond it is lost, as on the wire: its sender
 * repeats it.
 */
export const MAX_DATAGRAM_QUEUE_BYTES = 8 * 1024 * 1024

/**
 * Sockets that are each connected to one destination, so that ICMP errors are seen. Requests to any further destination fail by
 * timer.
 */
export const MAX_CONNECTED_DATAGRAM_SOCKETS = 128

/** Milliseconds without a datagram until a connected socket is closed: 64*T1. Every transaction on it has ended by then. */
export const CONNECTED_DATAGRAM_SOCKET_IDLE_MS = 32_000

/**
 * Source addresses cached as numbers, in two generations of this size. The source of every datagram goes through the cache,
 * strangers' too; peers are far fewer.
 */
export const MAX_CACHED_SOURCE_ADDRESSES = 4096

/** Requests per destination that fail at once when it proves unreachable; all others fail by timer. */
export const MAX_UNCONFIRMED_REQUESTS = 256

// Transport, streams.

/** Milliseconds. Linux sends a lost SYN again after 1 and 3 s, and a backend's own time-out is usually shorter. */
export const STREAM_CONNECT_MS = 4000

/**
 * Milliseconds to connect where there is an alternative: UDP for a request that goes over TCP only because of its size, or
 * another address. A handshake round the world takes a third of this time; half of a backend's usual time is left for the
 * alternative.
 */
export const STREAM_ALTERNATIVE_CONNECT_MS = 1000

/**
 * Milliseconds to connect where the last attempt has failed. Inside a cluster a handshake takes a millisecond, so this notices
 * a destination that accepts connections again, and no request waits long for one that does not.
 */
export const STREAM_RETRY_CONNECT_MS = 100

/**
 * Milliseconds for which a failed attempt to connect is remembered. The time is long because a firewall that blocks the
 * connection will still be there. It is not longer because the cause may have been only a lost packet.
 */
export const STREAM_FAILURE_MS = 60_000

/** Destinations remembered as refusing connections. When there are more, the oldest is forgotten, which costs one long wait. */
export const MAX_STREAM_FAILURES = 1024

/**
 * Milliseconds after an ACK to a 2xx in which the end of its connection means that the ACK was lost: connecting takes 4 s, a
 * stranger's connection lives for 5.
 */
export const ACK_LOSS_MS = 4500

/**
 * Milliseconds from a message's first byte to its last: a large INVITE over a bad line takes one second; a peer that sends a
 * byte a minute would never end.
 */
export const STREAM_MESSAGE_MS = 10_000

/**
 * Milliseconds. RFC 3261 §18: a connection that we opened stays, after its last use, at least as long as a transaction lives
 * (64*T1).
 */
export const OPENED_STREAM_IDLE_MS = 32_000

/**
 * Milliseconds for a connection that a peer opened: behind NAT it is the only way to send a BYE to that peer, and clients keep
 * it open by a ping every 95 to 120 s (RFC 5626 §4.4.1).
 */
export const ACCEPTED_STREAM_IDLE_MS = 600_000

/**
 * Milliseconds between two checks whether an idle connection still belongs to a peer. Also how long a stranger's connection
 * counts as a peer's after we have answered on it (64*T1: the transaction has ended by then).
 */
export const STREAM_REVIEW_MS = 32_000

/** Milliseconds that a peer has to take our last bytes and close its side. */
export const STREAM_LINGER_MS = 2000

/**
 * Answers to pings on one connection in `PONG_WINDOW_MS`: clients send one ping a minute (RFC 5626 §4.4.1); a faster sender is
 * flooding.
 */
export const MAX_PONGS = 16

/** Milliseconds: the window in which pongs are counted. */
export const PONG_WINDOW_MS = 1000

/** NULs between two messages that are skipped when they come in one piece: devices send one to four to keep a connection open. */
export const MAX_FILLER_BYTES = 64

/** Bytes that wait in the process for a peer that does not read, system buffers not included: 16 of the largest messages. */
export const MAX_STREAM_QUEUE_BYTES = 1024 * 1024

/** Milliseconds that a stranger's connection lives: enough for one request with a dialog cookie and its answer. */
export const STRANGER_STREAM_MS = 5000

/** Bytes that a stranger may send: several times a request inside a dialog, with its body and cookie. */
export const MAX_STRANGER_STREAM_BYTES = 16_384

/** Connections of all strangers: the sockets and buffers that a scan can occupy, separate from those of peers. */
export const MAX_STRANGER_STREAMS = 256

/** Connections of one stranger's address. */
export const MAX_STRANGER_STREAMS_PER_ADDRESS = 4

/** Connections that all peers have opened: below the usual limit of open files, with room for everything else. */
export const MAX_PEER_STREAMS = 16_384

/** Connections that one peer's address has opened: an edge behind NAT has one per client, but no single peer may take all. */
export const MAX_PEER_STREAMS_PER_ADDRESS = 4096

/** Connections that we have opened, in all. */
export const MAX_OPENED_STREAMS = 4096

/** Connections that we have opened to one address: there is one per port, so only a backend with very many ports comes near the limit. */
export const MAX_OPENED_STREAMS_PER_ADDRESS = 256

/** Milliseconds. RFC 3261 §17.1.1.1: the round-trip estimate; every transaction timer is a multiple of it. */
export const T1_MS = 500

/** Milliseconds. RFC 3261 §17.1.2.2: the longest pause between repeats of a non-INVITE request or a final response. */
export const T2_MS = 4_000

/** Milliseconds. RFC 3261 §17.1.2.2: how long a message can be in the network; Timers I and K absorb repeats for this time. */
export const T4_MS = 5_000

/** Milliseconds, 64*T1. RFC 3261 §17 and RFC 6026 §7: Timers B, F, H, J, L and M, after which a peer has given up. */
export const SIXTY_FOUR_T1_MS = 64 * T1_MS

/**
 * Milliseconds in which an answering side repeats a 2xx three times (RFC 3261 §13.3.1.4: after T1, 2*T1, 4*T1): one of them
 * arrives.
 */
export const SUCCESS_REPEATED_MS = 8 * T1_MS

/** Milliseconds. RFC 3261 §17.1.1.2: Timer D MUST be at least 32 s over UDP, so that each repeat of a refusal gets its ACK. */
export const TIMER_D_MS = 32_000

/**
 * Milliseconds. RFC 4320 §4.1: when Timer E reaches T2. Over UDP no 100 to a non-INVITE is sent before; over any transport one
 * MUST be sent then.
 */
export const NON_INVITE_TRYING_MS = 3_500

/**
 * Transactions. 10,000 forwarded calls/s keep 640,000 of them: INVITE and BYE for 32 s each (Timers L and J). 40,000 refused
 * calls/s keep 200,000 for Timer I.
 */
export const MAX_SERVER_TRANSACTIONS = 800_000

/** Transactions. 10,000 forwarded calls/s keep 370,000: a branch each for 32 s (Timer M), and a BYE for 5 s (Timer K). */
export const MAX_CLIENT_TRANSACTIONS = 500_000

/**
 * Bytes of UTF-8 that the application puts into a dialog cookie: the names of a rule and its trunk, the marks of 64 headers and
 * some 200 bytes each of called and calling user. The cookie is in every request of the call, four characters for three bytes.
 */
export const MAX_DIALOG_DATA_BYTES = 1280

// Strangers.

/** Dropped INVITEs of strangers that are remembered: 16 bytes each, so 128 KiB in all under any flood. */
export const MAX_DROPPED_INVITES = 8192

/** Milliseconds: 64*T1, within which every repeat of an INVITE comes. */
export const DROPPED_INVITE_MS = 32_000

// Answers without state to unvouched sources: sources that no trunk and no cookie speaks for.

/**
 * Answers a second to one source: a carrier's edge that calls while no table is loaded gets most of them; the victim of a
 * forged source gets 15 kB/s.
 */
export const UNVOUCHED_SOURCE_ANSWERS_PER_SECOND = 50

/** Answers at once to one source: those of two seconds. */
export const UNVOUCHED_SOURCE_ANSWER_BURST = 100

/** Answers a second to all such sources: 300 kB/s and a few percent of a core under a flood from everywhere. */
export const UNVOUCHED_ANSWERS_PER_SECOND = 1000

/** Answers at once to all such sources: those of two seconds. */
export const UNVOUCHED_ANSWER_BURST = 2000

/** Slots in which sources are counted: 16 bytes each, so 64 KiB under any flood; in two seconds 2,000 sources can be answered. */
export const UNVOUCHED_SOURCES = 4096

/** Transactions of all sources that only a dialog cookie speaks for: one in twenty of the table. */
export const MAX_UNVOUCHED_TRANSACTIONS = 40_000

/** Such transactions in one dialog: each lives 32 s (Timers H and J), and a dialog that sends DTMF by INFO has ten a second. */
export const MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG = 512
