/**
 * Limits for the contents of an object. With these limits, an object fits the size limit of etcd (1.5 MiB), a CEL rule fits the
 * cost limit of the API server, and a header line fits one datagram.
 */

/**
 * The most numbers in one list of a trunk or a rule. A user with more numbers should write a prefix, a range or a second rule.
 */
export const MAX_NUMBERS = 1000
/** The most characters of a number, a prefix or a user name. E.164 numbers have at most 15 digits. User names are longer. */
export const MAX_NUMBER_LENGTH = 64
/** The most characters of a regular expression. They are enough for a numbering plan, and the expression compiles quickly. */
export const MAX_REGEX_LENGTH = 256

/** The most networks of a trunk. The largest carriers publish some hundred networks. */
export const MAX_SOURCES = 1000
/** The most networks in any list other than `sources` of a trunk. */
export const MAX_NETWORKS = 64
/** The most characters of a network. The longest is an IPv6 network, `xxxx:…:xxxx/128`. */
export const MAX_NETWORK_LENGTH = 43

/** The most trunks that a rule can name. A rule that names no trunk takes the calls of every trunk of its namespace. */
export const MAX_TRUNK_REFS = 64
/**
 * The most header conditions of a rule, and the most headers that a rule sets or removes. Each one takes time on every call.
 */
export const MAX_HEADER_ENTRIES = 32
/** The most characters of a header name. */
export const MAX_HEADER_NAME_LENGTH = 64
/** The most characters of a header value. All headers of a rule must fit one datagram together with the request. */
export const MAX_HEADER_VALUE_LENGTH = 512
/** The most characters of a reason phrase. */
export const MAX_REASON_LENGTH = 128

/** The most windows of a schedule: several for each day of the week. */
export const MAX_WINDOWS = 32
/** The most exceptions of a schedule. They are enough for the holidays of twenty years. Each one takes time when a window begins. */
export const MAX_EXCEPTIONS = 256
/** The most characters of the name of a time zone. The longest name of the IANA database has 32. */
export const MAX_TIME_ZONE_LENGTH = 64
/** The most names of time zones that are remembered. The IANA database has about 600 names. */
export const MAX_KNOWN_ZONES = 1000

/** The most backends of a rule. If there are more, they should be behind a Service. */
export const MAX_BACKENDS = 64
/** The most contacts of a redirection. */
export const MAX_CONTACTS = 16
/** The most characters of a URI. */
export const MAX_URI_LENGTH = 256
/**
 * The most characters of a backend's URI: `sip:`, a host name of 253 characters and a dot, a port, `;transport=tcp` and some more
 * parameters.
 */
export const MAX_BACKEND_URI_LENGTH = 320
/**
 * The largest weight of a backend. If two weights add up to 1000, traffic can be moved from one backend to the other in steps
 * of 0.1 percent.
 */
export const MAX_WEIGHT = 1000
/** The highest tier of a backend. The first tier is 0. */
export const MAX_TIER = 15
/** The most items in a failover list. An item is `timeout`, `transport` or the status of a response, such as `503`. */
export const MAX_FAILOVER_CONDITIONS = 32

/** The most statuses that count as a failed probe. A server that says so many different things is better described by what it is. */
export const MAX_PROBE_STATUSES = 32
/** The most probes in a row that a judgement can need. More of them would take longer than people watch. */
export const MAX_PROBES_IN_A_ROW = 10
/** The most characters of the user of a probe: as many as of any user that rules compare. */
export const MAX_USER_LENGTH = 64

/**
 * The largest rate of a limit, in calls per second. It is more than a process can serve, so a greater number would limit
 * nothing.
 */
export const MAX_CALLS_PER_SECOND = 100_000
/** The most calls of a burst: ten seconds at the largest rate. */
export const MAX_BURST = 1_000_000
/** The most calls at the same time of a limit. No trunk has more, and the number of all counted calls has a bound too. */
export const MAX_CONCURRENT_CALLS = 1_000_000
/**
 * Seconds after which a call no longer counts: the least and the most. A minute is longer than a call rings. A week is longer
 * than any call.
 */
export const MIN_CALL_SECONDS = 60
export const MAX_CALL_SECONDS = 604_800

/** The most characters of a DNS label and of a DNS subdomain (RFC 1123). Kubernetes names its objects in these forms. */
export const MAX_LABEL_LENGTH = 63
export const MAX_NAME_LENGTH = 253

/** The most conditions of a status. The operator writes six types, and other controllers may add their own. */
export const MAX_CONDITIONS = 32
/** The most characters of a condition's type and of its reason (metav1.Condition). */
export const MAX_CONDITION_TYPE_LENGTH = 316
export const MAX_CONDITION_REASON_LENGTH = 1024
/** The most characters of a condition's message (metav1.Condition). */
export const MAX_CONDITION_MESSAGE_LENGTH = 32_768
/** The most characters of an installation: a namespace, a slash and the name of a Lease. */
export const MAX_INSTALLATION_LENGTH = MAX_LABEL_LENGTH + 1 + MAX_NAME_LENGTH

/** The largest port. A port number has 16 bits (RFC 768, RFC 9293 §3.1). */
export const MAX_PORT = 65_535
