import { parseIpAddress } from '../../address/ip-address.ts'
import { MAX_PORT } from '../../address/port.ts'
import type { Peer, TransportName } from '../port/engine.ts'

/** What the server says of where a packet came from. The library takes most of it as it comes, so nothing is certain. */
export interface PacketSource {
  readonly address: unknown
  readonly port: unknown
  readonly protocol: unknown
}

/** A trunk's `TCP` is any stream: what lies below it has ended at the server. */
const TRANSPORTS: ReadonlyMap<unknown, TransportName> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TCP'],
  ['ws', 'TCP'],
  ['wss', 'TCP'],
])

/** The peer behind a packet; undefined where any part of it cannot be read: then it is nobody whom we know. */
export function peerAt({ address, port, protocol }: PacketSource): Peer | undefined {
  const transport = TRANSPORTS.get(protocol)
  const number = portOf(port)
  const source = typeof address === 'string' ? parseIpAddress(address) : undefined
  if (!source || number === undefined || transport === undefined) return undefined
  return { address: source, port: number, transport }
}

/** A number, or the digits of one. */
function portOf(port: unknown): number | undefined {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_PORT ? number : undefined
}
