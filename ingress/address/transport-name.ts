/** The transports of SIP that are spoken here. */
export const TRANSPORT_NAMES = ['UDP', 'TCP'] as const

export type TransportName = (typeof TRANSPORT_NAMES)[number]
