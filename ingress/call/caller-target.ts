import type { LiveTable } from '../lookup/live-table.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallerTarget, Peer } from '../sip/port/engine.ts'

/**
 * Where the backend's requests find a caller. A private Contact is behind a NAT that its packets have passed, unless they
 * came from a proxy of the trunk's: then the caller is the proxy's to find, and its Contact may be on the proxy's network.
 */
export function callerTargetOf(peer: Peer, table: LiveTable, { name, nat }: TrunkEntry): CallerTarget {
  if (nat !== undefined) return nat === 'Source' ? 'source' : 'contact'
  for (const { entry } of table.peer(peer.address).proxyOf.keys()) if (entry.name === name) return 'contact'
  return 'public-contact'
}
