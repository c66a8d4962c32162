import { parseIpAddress } from '../../address/ip-address.ts'
import { MAX_PORT } from '../../address/port.ts'
import type { Peer, TransportName } from '../port/engine.ts'

/**
 * What the server reports about the source of a packet. The library checks these values only a little, so they may have any
 * type.
 */
export interface PacketSource {
  readonly address: unknown
  readonly port: unknown
  readonly protocol: unknown
}

/**
 * The transports by the names that the server uses. `TCP` of a trunk means any stream here, because TLS and WebSocket end at
 * the server.
 */
const TRANSPORTS: ReadonlyMap<unknown, TransportName> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TCP'],
  ['ws', 'TCP'],
  ['wss', 'TCP'],
])

/** The peer that sent a packet. Undefined if a part of its source cannot be read. Then the sender counts as unknown. */
export function peerAt({ address, port, protocol }: PacketSource): Peer | undefined {
  const transport = TRANSPORTS.get(protocol)
  const number = portOf(port)
  const source = typeof address === 'string' ? parseIpAddress(address) : undefined
  if (!source || number === undefined || transport === undefined) return undefined
  return { address: source, port: number, transport }
}

/** Reads a port, which is a number or a text of digits. */
function portOf(port: unknown): number | undefined {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_PORT ? number : undefined
}
