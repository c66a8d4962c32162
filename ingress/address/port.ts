/**
 * Ports of UDP and TCP. The schema in `crds/schema/limits.ts` has its own constant, because a schema must not depend on the
 * code that reads objects.
 */

/** The largest port: a port has 16 bits (RFC 768, RFC 9293 §3.1). */
export const MAX_PORT = 65_535

/** The port of SIP if no port is given (RFC 3261 §19.1.2). */
export const SIP_PORT = 5060
