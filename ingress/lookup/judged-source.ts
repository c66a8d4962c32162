/** Whose call it is behind a trusted proxy: the address that counts in the place of the packet's own. */
import type { IpAddress } from '../address/ip-address.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallFacts } from './call-facts.ts'
import type { LiveTable } from './live-table.ts'
import type { IndexedTrunk, PeerFacts } from './peer-index.ts'

/**
 * The source that a call was judged by, where that is not the packet's. `none`: no Via stands below the proxy's own, so that
 * the proxy itself was judged. `unreadable`: the Via names no address. `ambiguous`: it says something twice. Both are unknown sources.
 */
export type JudgedSource =
  | { readonly type: 'address'; readonly address: IpAddress }
  | { readonly type: 'none' | 'unreadable' | 'ambiguous' }

/** What is read of a request, usable or not, to say whom a trusted proxy speaks for. */
export interface RecordedFacts {
  readonly peer: { readonly address: IpAddress }
  readonly recordedSources: CallFacts['recordedSources']
}

/** The packet's source, or an address that a proxy recorded, and what the table says of it; undefined where the table does not know it. */
export interface RecordedHop {
  readonly source: IpAddress | 'ambiguous' | undefined
  readonly facts: PeerFacts | undefined
}

/** The packet's source, then the recorded addresses behind it for as long as the one before is somebody's proxy. */
export function recordedPath(table: LiveTable, peer: PeerFacts, call: RecordedFacts): RecordedHop[] {
  const path: RecordedHop[] = [{ source: call.peer.address, facts: peer }]
  for (const source of call.recordedSources()) {
    const facts = source === undefined || source === 'ambiguous' ? undefined : table.peer(source)
    path.push({ source, facts })
    // A trunk looks behind its own proxies only.
    if (facts === undefined || facts.proxyOf.size === 0) break
  }
  return path
}

/** The place on the path of the first address that is not the trunk's own proxy, or of the last of its proxies. */
export function placeOnPath(path: readonly RecordedHop[], trunk: IndexedTrunk): number {
  const place = path.findIndex(({ facts }) => !facts?.proxyOf.has(trunk))
  return place === -1 ? path.length - 1 : place
}

/**
 * The source by which the trunk has judged a request; without a trunk, the one that is furthest from the packet, of all
 * trunks that trust its sender. Undefined where the sender is not their proxy: then the packet's own source was judged.
 */
export function judgedSource(table: LiveTable, call: RecordedFacts, trunk?: TrunkEntry): JudgedSource | undefined {
  const peer = table.peer(call.peer.address)
  if (peer.proxyOf.size === 0) return undefined
  const judging = [...peer.proxyOf.keys()].filter(({ entry }) => trunk === undefined || entry === trunk)
  if (judging.length === 0) return undefined
  const path = recordedPath(table, peer, call)
  const place = Math.max(...judging.map((one) => placeOnPath(path, one)))
  if (place === 0) return { type: 'none' }
  const source = path[place]?.source
  if (source === 'ambiguous') return { type: 'ambiguous' }
  return source === undefined ? { type: 'unreadable' } : { type: 'address', address: source }
}

const WORDS: Readonly<Record<Exclude<JudgedSource['type'], 'address'>, string>> = {
  none: 'none: no Via stands below that of the proxy',
  unreadable: 'unreadable: the Via below that of the proxy names no address',
  ambiguous: 'ambiguous: the Via below that of the proxy says something twice',
}

/** The address, or in words why there is none. */
export function judgedSourceText(judged: JudgedSource): string {
  return judged.type === 'address' ? judged.address.text : WORDS[judged.type]
}
