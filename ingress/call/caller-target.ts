import type { LiveTable } from '../lookup/live-table.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallerTarget, Peer } from '../sip/port/engine.ts'

/**
 * Where the backend's requests are sent to reach the caller. If the Contact is private, the caller is behind a NAT, and its
 * packets have passed this NAT: the requests go to the packet source. If the packets came from a trusted proxy of the trunk,
 * the requests go to the Contact: the proxy must find the caller, and the Contact may be on the proxy's network.
 */
export function callerTargetOf(peer: Peer, table: LiveTable, { name, nat }: TrunkEntry): CallerTarget {
  if (nat !== undefined) return nat === 'Source' ? 'source' : 'contact'
  for (const { entry } of table.peer(peer.address).proxyOf.keys()) if (entry.name === name) return 'contact'
  return 'public-contact'
}
