/**
 * Every limit on the memory and the work that a peer can cause in the engine. Each limit has a name, a unit and a reason. No
 * other file of the engine contains such a number.
 */

/** Bytes. RFC 3261 §18.1.1: the largest UDP datagram. Also the longest message that we keep in memory for a peer on a stream. */
export const MAX_MESSAGE_BYTES = 65_535

/** Headers in a message. Real calls have 20 to 60. The index of a message is a fixed array with this number of rows. */
export const MAX_HEADERS = 256

/** Parameters in one header value or URI. Real ones have up to 20. Each parameter is compared with all parameters before it. */
export const MAX_PARAMETERS = 64

/**
 * Bytes of start line and headers on a stream. Real ones have 1 to 4 KB, and an Identity header adds 2 KB. A longer header
 * section does not come from a real call.
 */
export const MAX_HEADER_SECTION_BYTES = 32_768

/**
 * Branches. RFC 5393 §5.3.3: the Max-Breadth that a proxy adds to a request without one. We also lower any higher value to this
 * one.
 */
export const MAX_BREADTH = 60

/** Bytes. RFC 3261 §18.1.1: if the path MTU is not known, a larger request MUST be sent over a stream. */
export const MAX_DATAGRAM_REQUEST_BYTES = 1300

/** Milliseconds. RFC 3261 §16.6 step 11: Timer C MUST be more than three minutes. */
export const TIMER_C_MS = 185_000

/** Route values that are searched for our own. Real route sets have two to ten. The rest of a longer list is not searched. */
export const MAX_ROUTE_VALUES = 64

/**
 * Different cookies that are tried in the Routes of one request. Two passes with two values each have four: this is twice as
 * many. A MAC takes 2 µs.
 */
export const MAX_COOKIES_TRIED = 8

// Transport, datagrams.

/**
 * Bytes. With the system's default of 208 KiB, packets are lost at 64 calls at the same time. The kernel limits the size to
 * rmem_max and wmem_max.
 */
export const DATAGRAM_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

/**
 * Bytes. The largest payload of a datagram over IPv4: 65,535 without the headers of IPv4 and UDP. A larger request must be sent
 * over a stream.
 */
export const MAX_DATAGRAM_BYTES = 65_507

/**
 * Bytes that wait in the process when a socket's send buffer is full. A datagram that exceeds this limit is lost, as it could be
 * on the network. Its sender repeats it.
 */
export const MAX_DATAGRAM_QUEUE_BYTES = 8 * 1024 * 1024

/**
 * Datagrams that one system call receives or sends. At saturation a batch of this size halves the cost of a call. More brought
 * nothing.
 */
export const DATAGRAM_BATCH = 64

/**
 * Batches that are received from one socket before other sockets and timers get their turn: some milliseconds of work.
 */
export const MAX_BATCHES_PER_TURN = 4

/**
 * Bytes of one slot of a received batch: the largest datagram, and as much again as moves the next slot to other lines of the
 * processor's cache. With slots of exactly 64 KiB, the beginnings of all datagrams would share the same few lines.
 */
export const DATAGRAM_SLOT_BYTES = 65_536 + 2112

/** Bytes of one slot of a batch to send. Nearly all SIP messages are smaller. A larger one is sent alone. */
export const DATAGRAM_SEND_SLOT_BYTES = 2112

/**
 * Sockets that are each connected to one destination, so that ICMP errors are seen. Requests to other destinations fail only when
 * a timer fires.
 */
export const MAX_CONNECTED_DATAGRAM_SOCKETS = 128

/**
 * Milliseconds, 64*T1. If no datagram comes or goes for this time, a connected socket is closed. By then, every transaction on
 * the socket has ended.
 */
export const CONNECTED_DATAGRAM_SOCKET_IDLE_MS = 32_000

/**
 * Source addresses cached as numbers, in two generations of this size. The source of every datagram is put into the cache, also
 * if it is a stranger. There are far fewer peers.
 */
export const MAX_CACHED_SOURCE_ADDRESSES = 4096

/** Milliseconds. The check of batched datagrams sends over the loopback interface, where a datagram takes microseconds. */
export const DATAGRAMS_CHECK_MS = 2000

/** Requests per destination that fail immediately when the destination cannot be reached. All others fail when a timer fires. */
export const MAX_UNCONFIRMED_REQUESTS = 256

// Transport, streams.

/** Milliseconds. Linux repeats a lost SYN after 1 s and 3 s. The time-out of a rule for its backends is usually shorter. */
export const STREAM_CONNECT_MS = 4000

/**
 * Milliseconds to connect if there is an alternative: another address, or UDP for a request that is sent over TCP only because of
 * its size. A handshake around the world takes a third of this time. Half of a backend's usual time is left for the alternative.
 */
export const STREAM_ALTERNATIVE_CONNECT_MS = 1000

/**
 * Milliseconds to connect if the last attempt has failed. Inside a cluster a handshake takes one millisecond. So this time is
 * enough to notice that a destination accepts connections again. If the destination does not, no request waits long.
 */
export const STREAM_RETRY_CONNECT_MS = 100

/**
 * Milliseconds for which a failed attempt to connect is remembered. The time is long, because a firewall blocks connections for a
 * long time. The time is not longer, because the cause may have been only a lost packet.
 */
export const STREAM_FAILURE_MS = 60_000

/**
 * Destinations that are remembered because they refused connections. If there are more, the oldest is forgotten. Then one request
 * to that destination waits for the longer time.
 */
export const MAX_STREAM_FAILURES = 1024

/**
 * Milliseconds after an ACK to a 2xx. If the connection ends in this time, the ACK counts as lost. An attempt to connect takes up
 * to 4 s. A stranger's connection lives for 5 s.
 */
export const ACK_LOSS_MS = 4500

/**
 * Milliseconds from the first byte of a message to its last byte. A large INVITE over a bad line takes one second. A peer that
 * sends one byte a minute would keep its connection forever.
 */
export const STREAM_MESSAGE_MS = 10_000

/**
 * Milliseconds. RFC 3261 §18: after its last use, a connection that we opened stays open at least as long as a transaction lives
 * (64*T1).
 */
export const OPENED_STREAM_IDLE_MS = 32_000

/**
 * Milliseconds that a connection which a peer opened stays open after its last use. Behind NAT, the connection is the only way to
 * send a BYE to that peer. Clients keep it open by a ping every 95 to 120 s (RFC 5626 §4.4.1).
 */
export const ACCEPTED_STREAM_IDLE_MS = 600_000

/**
 * Milliseconds between two checks whether an idle connection still belongs to a peer. Also the time for which a stranger's
 * connection counts as a peer's after we have answered on it (64*T1: then the transaction has ended).
 */
export const STREAM_REVIEW_MS = 32_000

/** Milliseconds that a peer has to take our last bytes and close its side. */
export const STREAM_LINGER_MS = 2000

/**
 * Answers to pings on one connection in `PONG_WINDOW_MS`. Clients send one ping a minute (RFC 5626 §4.4.1), so a sender that is
 * much faster floods us.
 */
export const MAX_PONGS = 16

/** Milliseconds: the window in which pongs are counted. */
export const PONG_WINDOW_MS = 1000

/**
 * NULs between two messages that are skipped if they come in one piece. Devices send one to four NULs to keep a connection open.
 */
export const MAX_FILLER_BYTES = 64

/**
 * Bytes that wait in the process for a peer that does not read, without the buffers of the system: 16 of the largest messages.
 */
export const MAX_STREAM_QUEUE_BYTES = 1024 * 1024

/** Milliseconds that a stranger's connection lives: enough for one request with a dialog cookie and its answer. */
export const STRANGER_STREAM_MS = 5000

/** Bytes that a stranger may send: several times a request inside a dialog, with its body and cookie. */
export const MAX_STRANGER_STREAM_BYTES = 16_384

/**
 * Connections of all strangers. They are counted separately from connections of peers, so that a scan can use only this number of
 * sockets and buffers.
 */
export const MAX_STRANGER_STREAMS = 256

/** Connections of one stranger's address. */
export const MAX_STRANGER_STREAMS_PER_ADDRESS = 4

/** Connections that all peers have opened: below the usual limit of open files, with room for everything else. */
export const MAX_PEER_STREAMS = 16_384

/**
 * Connections that one peer's address has opened. An edge behind NAT has one for each client, but a single peer must not take
 * all.
 */
export const MAX_PEER_STREAMS_PER_ADDRESS = 4096

/** Connections that we have opened, in all. */
export const MAX_OPENED_STREAMS = 4096

/**
 * Connections that we have opened to one address. There is one for each port, so only a backend with very many ports reaches the
 * limit.
 */
export const MAX_OPENED_STREAMS_PER_ADDRESS = 256

/** Milliseconds. RFC 3261 §17.1.1.1: the estimate of the round-trip time. Every transaction timer is a multiple of T1. */
export const T1_MS = 500

/** Milliseconds. RFC 3261 §17.1.2.2: the longest pause between repeats of a non-INVITE request or a final response. */
export const T2_MS = 4_000

/**
 * Milliseconds. RFC 3261 §17.1.2.2: the longest time that a message is in the network. For this time, Timers I and K absorb
 * repeats.
 */
export const T4_MS = 5_000

/** Milliseconds, 64*T1. RFC 3261 §17 and RFC 6026 §7: Timers B, F, H, J, L and M, after which a peer has given up. */
export const SIXTY_FOUR_T1_MS = 64 * T1_MS

/**
 * Milliseconds in which an answering side repeats a 2xx three times (RFC 3261 §13.3.1.4: after T1, 2*T1, 4*T1). At least one of
 * these repeats arrives.
 */
export const SUCCESS_REPEATED_MS = 8 * T1_MS

/** Milliseconds. RFC 3261 §17.1.1.2: Timer D MUST be at least 32 s over UDP, so that each repeat of a refusal gets its ACK. */
export const TIMER_D_MS = 32_000

/**
 * Milliseconds. RFC 4320 §4.1: the time when Timer E reaches T2. Before this time, no 100 to a non-INVITE is sent over UDP. At
 * this time, a 100 MUST be sent over every transport.
 */
export const NON_INVITE_TRYING_MS = 3_500

/**
 * Transactions. 10,000 forwarded calls/s keep 640,000 of them: INVITE and BYE for 32 s each (Timers L and J). 40,000 refused
 * calls/s keep 200,000 for Timer I.
 */
export const MAX_SERVER_TRANSACTIONS = 800_000

/**
 * Transactions. 10,000 forwarded calls/s keep 370,000: one branch of each call for 32 s (Timer M), and its BYE for 5 s (Timer K).
 */
export const MAX_CLIENT_TRANSACTIONS = 500_000

/**
 * Bytes of UTF-8 that the application puts into a dialog cookie: the names of a rule and its trunk, the marks of 64 headers, and
 * some 200 bytes each for called and calling user. The cookie is in every request of the call, four characters for three bytes.
 */
export const MAX_DIALOG_DATA_BYTES = 1280

// Strangers.

/** Dropped INVITEs of strangers that are remembered. Each takes 16 bytes, so all take 128 KiB, also under a flood. */
export const MAX_DROPPED_INVITES = 8192

/** Milliseconds, 64*T1. All repeats of an INVITE come in this time. */
export const DROPPED_INVITE_MS = 32_000

// Answers without state to unvouched sources: no trunk and no cookie vouches for such a source.

/**
 * Answers a second to one source. With this limit, a carrier's edge gets most of its answers while no table is loaded. The victim
 * of a forged source gets 15 kB/s.
 */
export const UNVOUCHED_SOURCE_ANSWERS_PER_SECOND = 50

/** Answers to one source without a pause: as many as in two seconds. */
export const UNVOUCHED_SOURCE_ANSWER_BURST = 100

/** Answers a second to all such sources. A flood from very many sources costs 300 kB/s and a few percent of a core. */
export const UNVOUCHED_ANSWERS_PER_SECOND = 1000

/** Answers to all such sources without a pause: as many as in two seconds. */
export const UNVOUCHED_ANSWER_BURST = 2000

/**
 * Slots in which sources are counted. Each takes 16 bytes, so all take 64 KiB, also under a flood. 2,000 sources can be answered
 * in two seconds.
 */
export const UNVOUCHED_SOURCES = 4096

/** Transactions of all sources for which only a dialog cookie vouches: one in twenty of the table. */
export const MAX_UNVOUCHED_TRANSACTIONS = 40_000

/** Such transactions in one dialog. Each lives 32 s (Timers H and J), and a dialog that sends DTMF by INFO makes ten a second. */
export const MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG = 512
