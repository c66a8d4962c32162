/** The SIP transports that this program supports. */
export const TRANSPORT_NAMES = ['UDP', 'TCP'] as const

export type TransportName = (typeof TRANSPORT_NAMES)[number]
