/** Ports of UDP and TCP. `crds/schema/limits.ts` has its own, because a schema knows nobody who reads it. */

/** The largest: a port has 16 bits (RFC 768, RFC 9293 §3.1). */
export const MAX_PORT = 65_535

/** Where SIP is spoken when nobody names a port (RFC 3261 §19.1.2). */
export const SIP_PORT = 5060
