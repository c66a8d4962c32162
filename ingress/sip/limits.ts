/**
 * All limits on the memory and the work that a peer can cause in the engine. Each limit has a name, a unit and a reason. No
 * other file of the engine has such a number.
 */

/** Bytes. RFC 3261 §18.1.1: no UDP datagram is larger. On a stream, this is also the longest message that we keep in memory. */
export const MAX_MESSAGE_BYTES = 65_535

/**
 * At most this many headers in a message. Real calls have 20 to 60. The index of a message is an array with this number of
 * rows.
 */
export const MAX_HEADERS = 256

/**
 * At most this many parameters in one header value or URI. Real values have up to 20. Each parameter is compared with all
 * parameters before it, so the work grows fast with the number.
 */
export const MAX_PARAMETERS = 64

/**
 * At most this many bytes of the start line and the headers together, on a stream. Real messages have 1 to 4 KB, and an
 * Identity header adds 2 KB. No real call needs more than this limit.
 */
export const MAX_HEADER_SECTION_BYTES = 32_768

/**
 * Branches. RFC 5393 §5.3.3: a proxy adds this Max-Breadth to a request that has none. If a request has a higher value, we
 * lower it to this one.
 */
export const MAX_BREADTH = 60

/** Bytes. RFC 3261 §18.1.1: if the path MTU is not known, a larger request MUST be sent over a stream. */
export const MAX_DATAGRAM_REQUEST_BYTES = 1300

/** Milliseconds. RFC 3261 §16.6 step 11: Timer C MUST be more than three minutes. */
export const TIMER_C_MS = 185_000

/**
 * At most this many Route values of a request are searched for ours. Real requests have two to ten. If there are more than this
 * limit, the rest is not searched.
 */
export const MAX_ROUTE_VALUES = 64

/**
 * At most this many different cookies of one request are tried. If a call passes us twice, with two values each time, it has
 * four cookies; the limit is twice that number. To check one cookie takes 2 µs.
 */
export const MAX_COOKIES_TRIED = 8

// Limits of the transport over datagrams.

/**
 * Bytes. With the system's default of 208 KiB, packets are lost as soon as 64 calls come at the same time. The kernel allows no
 * more than rmem_max and wmem_max.
 */
export const DATAGRAM_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

/**
 * Bytes: the largest payload of a datagram over IPv4, which is 65,535 less the headers of IPv4 and UDP. A larger request must
 * be sent over a stream.
 */
export const MAX_DATAGRAM_BYTES = 65_507

/**
 * At most this many bytes wait in this process while a socket's send buffer is full. A further datagram is dropped, as the
 * network might drop it. Its sender repeats it.
 */
export const MAX_DATAGRAM_QUEUE_BYTES = 8 * 1024 * 1024

/**
 * At most this many datagrams are received or sent by one system call. In a process at its limit, batches of this size halve
 * the cost of a call. Larger batches brought no further gain.
 */
export const DATAGRAM_BATCH = 64

/**
 * At most this many batches are received from one socket before other sockets and timers get their turn. These batches are some
 * milliseconds of work.
 */
export const MAX_BATCHES_PER_TURN = 4

/**
 * Bytes of one slot of a received batch: room for the largest datagram, and 2112 bytes more. The further bytes move the next
 * slot to other lines of the processor's cache. With slots of exactly 64 KiB, the beginnings of all datagrams would share the
 * same few lines of the cache.
 */
export const DATAGRAM_SLOT_BYTES = 65_536 + 2112

/** Bytes of one slot of a batch to send. Nearly all SIP messages are smaller. A larger one is sent alone. */
export const DATAGRAM_SEND_SLOT_BYTES = 2112

/**
 * At most this many sockets are connected, to one destination each. They make ICMP errors visible. If a destination has no such
 * socket, its requests fail only when a timer fires.
 */
export const MAX_CONNECTED_DATAGRAM_SOCKETS = 128

/**
 * Milliseconds, 64*T1. A connected socket on which no datagram comes or goes for this time is closed. By then, every
 * transaction on the socket has ended.
 */
export const CONNECTED_DATAGRAM_SOCKET_IDLE_MS = 32_000

/**
 * Addresses in each of the two maps of parsed source addresses. Every datagram's source is put there, also a stranger's. There
 * are far fewer peers than this.
 */
export const MAX_CACHED_SOURCE_ADDRESSES = 4096

/** Bytes of the header of UDP (RFC 768), which a socket filter sees before the payload. */
export const UDP_HEADER_BYTES = 8

/**
 * Bytes at the beginning of an INVITE by which the kernel chooses whether it is let in under overload: the request line and, in
 * most INVITEs, the branch of the top Via. Calls whose INVITEs begin with the same bytes are let in or dropped together.
 */
export const FILTER_HASHED_BYTES = 192

/**
 * Bytes: the part of an INVITE in which the kernel looks for a Route header. No request line is shorter than the part before it. A
 * filter that looks further needs more memory than Linux gives: the old filter and the new one together may take 128 KiB
 * (net.core.optmem_max), and one of this size takes 57 KB.
 */
export const FILTER_ROUTE_SEARCH_START = 32
export const FILTER_ROUTE_SEARCH_END = 740

/** Milliseconds. The check of batched datagrams sends over the loopback interface, where a datagram takes microseconds. */
export const DATAGRAMS_CHECK_MS = 2000

/**
 * At most this many requests for each destination fail immediately when the destination cannot be reached. If there are more,
 * the older ones fail only when a timer fires.
 */
export const MAX_UNCONFIRMED_REQUESTS = 256

// Limits of the transport over streams.

/**
 * Messages that one round of the event loop reads from all connections together, or from one socket of `node:dgram`. If this
 * many come in one round, the process counts as behind: more comes than it can do. libuv reads at most this many datagrams of a
 * socket in one round.
 */
export const FULL_ROUND_MESSAGES = 32

/**
 * Bytes. After a read of at least this size, a connection waits until the other sockets were read. A peer that sends so much at
 * once probably has more, and its own window makes it wait (RFC 9293 §3.8.6).
 */
export const STREAM_TURN_BYTES = 16_384

/**
 * Milliseconds to connect. Linux repeats a lost SYN after 1 s and after 3 s. A rule usually gives its backends less time than
 * this.
 */
export const STREAM_CONNECT_MS = 4000

/**
 * Milliseconds to connect if the request can also be sent in another way: to another address, or over UDP if only its size asks
 * for TCP. A handshake around the world takes a third of this time. Half of a backend's usual time is left for the other way.
 */
export const STREAM_ALTERNATIVE_CONNECT_MS = 1000

/**
 * Milliseconds to connect if the last attempt has failed. Inside a cluster, a handshake takes one millisecond. So this is
 * enough to notice that a destination accepts connections again, and short enough that no request waits long.
 */
export const STREAM_RETRY_CONNECT_MS = 100

/**
 * Milliseconds for which a failed attempt to connect is remembered. If a firewall blocks connections, it does so for a long
 * time, so this is as long as a minute. If only a packet was lost, the next attempt may succeed, so this is not longer.
 */
export const STREAM_FAILURE_MS = 60_000

/**
 * At most this many destinations are remembered because a connection to them failed. If there are more, the oldest is
 * forgotten. Then the next request to that destination waits for `STREAM_ALTERNATIVE_CONNECT_MS`.
 */
export const MAX_STREAM_FAILURES = 1024

/**
 * Milliseconds after an ACK to a 2xx was sent. If the connection ends in this time, the ACK counts as lost. An attempt to
 * connect takes up to 4 s, so this is longer. A stranger's connection lives for 5 s, so this is shorter.
 */
export const ACK_LOSS_MS = 4500

/**
 * Milliseconds from the first byte of a message to its last byte. A large INVITE over a bad line takes one second. Without this
 * limit, a peer that sends one byte a minute would keep its connection forever.
 */
export const STREAM_MESSAGE_MS = 10_000

/**
 * Milliseconds. RFC 3261 §18: after its last use, a connection that we opened stays open at least as long as a transaction
 * lives (64*T1).
 */
export const OPENED_STREAM_IDLE_MS = 32_000

/**
 * Milliseconds that a connection stays open after its last use, if the peer opened it. A BYE to a peer behind NAT can only use
 * this connection. Clients keep it open with a ping every 95 to 120 s (RFC 5626 §4.4.1).
 */
export const ACCEPTED_STREAM_IDLE_MS = 600_000

/**
 * Milliseconds between two checks whether a connection still belongs to a peer. A stranger's connection on which we have
 * answered counts as a peer's for the same time (64*T1: then the transaction has ended).
 */
export const STREAM_REVIEW_MS = 32_000

/**
 * Milliseconds after we have ended a connection. In this time, the peer must take our last bytes and close its direction too.
 */
export const STREAM_LINGER_MS = 2000

/**
 * At most this many pongs on one connection in `PONG_WINDOW_MS`. Clients send about one ping a minute (RFC 5626 §4.4.1). A
 * sender that needs more pongs than this is flooding us.
 */
export const MAX_PONGS = 16

/** Milliseconds: the window in which pongs are counted. */
export const PONG_WINDOW_MS = 1000

/**
 * At most this many NULs between two messages are skipped, if they come in one piece. Some devices send one to four NULs to
 * keep a connection open.
 */
export const MAX_FILLER_BYTES = 64

/**
 * At most this many bytes wait in this process for a peer that does not read. The buffers of the system come in addition. This
 * is 16 times the largest message.
 */
export const MAX_STREAM_QUEUE_BYTES = 1024 * 1024

/** Milliseconds that a stranger's connection lives. This is enough for one request with a dialog cookie, and its answer. */
export const STRANGER_STREAM_MS = 5000

/**
 * At most this many bytes may come from a stranger on one connection. A request inside a dialog, with its body and cookie, has
 * only a fraction of this.
 */
export const MAX_STRANGER_STREAM_BYTES = 16_384

/**
 * At most this many connections of all strangers together. They are counted separately from connections of peers, so that a
 * scan uses no more sockets and buffers than this.
 */
export const MAX_STRANGER_STREAMS = 256

/** At most this many connections of strangers from one address. */
export const MAX_STRANGER_STREAMS_PER_ADDRESS = 4

/**
 * At most this many connections that all peers together have opened. This is below the usual limit of open files, and leaves
 * room for all other files.
 */
export const MAX_PEER_STREAMS = 16_384

/**
 * At most this many connections that peers have opened from one address. An edge behind NAT has one connection for each of its
 * clients. No single peer may take all connections.
 */
export const MAX_PEER_STREAMS_PER_ADDRESS = 4096

/** At most this many connections that we have opened to all addresses together. */
export const MAX_OPENED_STREAMS = 4096

/**
 * At most this many connections that we have opened to one address. We need one for each port, so only a backend with very many
 * ports reaches this limit.
 */
export const MAX_OPENED_STREAMS_PER_ADDRESS = 256

/** Milliseconds. RFC 3261 §17.1.1.1: the estimate of the round-trip time. The transaction timers are multiples of T1. */
export const T1_MS = 500

/** Milliseconds. RFC 3261 §17.1.2.2: the longest pause between two repeats of a non-INVITE request or of a final response. */
export const T2_MS = 4_000

/**
 * Milliseconds. RFC 3261 §17.1.2.2: a message stays in the network for at most this time. So Timers I and K absorb repeats for
 * this time.
 */
export const T4_MS = 5_000

/**
 * Milliseconds, 64*T1. RFC 3261 §17 and RFC 6026 §7: the length of Timers B, F, H, J, L and M. After it, a peer no longer waits
 * or repeats.
 */
export const SIXTY_FOUR_T1_MS = 64 * T1_MS

/**
 * Milliseconds. RFC 3261 §13.3.1.4: in this time, the called side repeats a 2xx three times (after T1, 2*T1 and 4*T1). At least
 * one of these repeats arrives.
 */
export const SUCCESS_REPEATED_MS = 8 * T1_MS

/** Milliseconds. RFC 3261 §17.1.1.2: Timer D MUST be at least 32 s over UDP, so that each repeat of a refusal gets its ACK. */
export const TIMER_D_MS = 32_000

/**
 * Milliseconds after a non-INVITE request has come. RFC 4320 §4.1: at this time, Timer E reaches T2. Over UDP, no 100 is sent
 * before this time. Over every transport, a 100 MUST be sent at this time.
 */
export const NON_INVITE_TRYING_MS = 3_500

/**
 * At most this many server transactions. With 10,000 forwarded calls/s there are 640,000: INVITE and BYE of each call live for
 * 32 s (Timers L and J). With 40,000 refused calls/s there are 200,000, which wait for Timer I.
 */
export const MAX_SERVER_TRANSACTIONS = 800_000

/**
 * At most this many client transactions. With 10,000 forwarded calls/s there are 370,000: one branch of each call lives for 32
 * s (Timer M), and its BYE for 5 s (Timer K).
 */
export const MAX_CLIENT_TRANSACTIONS = 500_000

/**
 * Bytes that the table of transactions holds ready for a key: a branch of about 60 bytes, a host, a method and the source
 * address. Longer keys get memory of their own.
 */
export const TRANSACTION_KEY_BYTES = 128

/**
 * Bytes that are held ready for a final response to a request other than INVITE, which is kept for 32 s (Timer J). Most of these
 * responses are shorter. Longer ones get memory of their own.
 */
export const KEPT_RESPONSE_BYTES = 512

/**
 * Bytes of UTF-8 that the application puts into a dialog cookie: the names of a rule and its trunk, four characters for each of
 * up to 64 headers, and some 200 bytes each for the called and the calling user. Every request of the call has this cookie. In
 * the cookie, three bytes are written as four characters.
 */
export const MAX_DIALOG_DATA_BYTES = 1280

// Limits for strangers.

/**
 * At most this many INVITEs are remembered because they were dropped. Each takes 16 bytes, so all together take 128 KiB, even
 * in a flood.
 */
export const MAX_DROPPED_INVITES = 8192

/** Milliseconds, 64*T1. All repeats of an INVITE come within this time. */
export const DROPPED_INVITE_MS = 32_000

// Limits of the answers that are sent without a transaction to unvouched sources. No trunk admits such a source.

/**
 * At most this many answers a second to one source. While no table is loaded, this is enough for most requests of a carrier's
 * edge. If the source is forged, its victim gets at most 15 kB/s.
 */
export const UNVOUCHED_SOURCE_ANSWERS_PER_SECOND = 50

/**
 * At most this many answers are sent to one source in one burst, after a time without answers. This is the number that its rate
 * allows in two seconds.
 */
export const UNVOUCHED_SOURCE_ANSWER_BURST = 100

/**
 * At most this many answers a second to all unvouched sources together. A flood from very many sources costs 300 kB/s and a few
 * percent of a core.
 */
export const UNVOUCHED_ANSWERS_PER_SECOND = 1000

/**
 * At most this many answers are sent to all unvouched sources in one burst, after a time without answers. This is the number
 * that their rate allows in two seconds.
 */
export const UNVOUCHED_ANSWER_BURST = 2000

/**
 * Slots in which unvouched sources are counted. Each takes 16 bytes, so all together take 64 KiB, even in a flood. In two
 * seconds, at most 2,000 sources can be answered, so most of these have a slot of their own.
 */
export const UNVOUCHED_SOURCES = 4096

/**
 * At most this many transactions of all sources of which only a valid dialog cookie is known. This is one in twenty of the
 * transaction table.
 */
export const MAX_UNVOUCHED_TRANSACTIONS = 40_000

/**
 * At most this many transactions in one dialog, of sources of which only a valid dialog cookie is known. Each lives for 32 s
 * (Timers H and J), and a dialog that sends DTMF by INFO makes ten a second.
 */
export const MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG = 512
