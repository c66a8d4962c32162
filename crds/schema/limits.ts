/**
 * Limits of the contents of an object. They keep an object below the size limit of etcd (1.5 MiB), a CEL rule below the cost
 * limit of the API server, and a header line below the size of a datagram.
 */

/** Numbers in a list of a trunk or a rule. Longer lists should be written as a prefix, a range or a second rule. */
export const MAX_NUMBERS = 1000
/** Characters of a number, a prefix or a user name: E.164 has 15 digits, names are longer. */
export const MAX_NUMBER_LENGTH = 64
/** Characters of a regular expression: enough for a numbering plan, and quick to compile. */
export const MAX_REGEX_LENGTH = 256

/** Networks of a trunk: the largest carriers publish some hundred. */
export const MAX_SOURCES = 1000
/** Networks of a list other than a trunk's sources. */
export const MAX_NETWORKS = 64
/** Characters of an IPv6 network, `xxxx:…:xxxx/128`. */
export const MAX_NETWORK_LENGTH = 43

/** Trunks that a rule names one by one. A rule without names serves every trunk of its namespace. */
export const MAX_TRUNK_REFS = 64
/** Header conditions of a rule, and headers that it sets or removes: each costs time on every call. */
export const MAX_HEADER_ENTRIES = 32
/** Characters of a header name. */
export const MAX_HEADER_NAME_LENGTH = 64
/** Characters of a header value, so that all headers of a rule still fit a datagram beside the request. */
export const MAX_HEADER_VALUE_LENGTH = 512
/** Characters of a reason phrase. */
export const MAX_REASON_LENGTH = 128

/** Backends of a rule. A larger fleet should be behind a Service. */
export const MAX_BACKENDS = 64
/** Contacts of a redirection. */
export const MAX_CONTACTS = 16
/** Characters of a URI. */
export const MAX_URI_LENGTH = 256
/** Largest weight of a backend: steps of one per mille are fine enough to shift traffic. */
export const MAX_WEIGHT = 1000
/** Tiers of backends, counted from 0. */
export const MAX_TIER = 15
/** `timeout`, `transport` and statuses of a failover list. */
export const MAX_FAILOVER_CONDITIONS = 32

/** Characters of a DNS label and of a DNS subdomain (RFC 1123), as Kubernetes names objects. */
export const MAX_LABEL_LENGTH = 63
export const MAX_NAME_LENGTH = 253

/** Conditions of a status: there are six types, and other controllers may write theirs. */
export const MAX_CONDITIONS = 32
/** Characters of a condition's type and reason (metav1.Condition). */
export const MAX_CONDITION_TYPE_LENGTH = 316
export const MAX_CONDITION_REASON_LENGTH = 1024
/** Characters of a condition's message (metav1.Condition). */
export const MAX_CONDITION_MESSAGE_LENGTH = 32_768
/** Characters of a namespace, a slash and the name of a Lease. */
export const MAX_INSTALLATION_LENGTH = MAX_LABEL_LENGTH + 1 + MAX_NAME_LENGTH

/** The largest port: it has 16 bits (RFC 768, RFC 9293 §3.1). */
export const MAX_PORT = 65_535
