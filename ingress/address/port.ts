/**
 * Ports of UDP and TCP. `crds/schema/limits.ts` has its own constant, because a schema does not depend on code that reads it.
 */

/** The largest port: a port has 16 bits (RFC 768, RFC 9293 §3.1). */
export const MAX_PORT = 65_535

/** The port of SIP if no port is given (RFC 3261 §19.1.2). */
export const SIP_PORT = 5060
