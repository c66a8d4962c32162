/** The source of a call that comes through a trusted proxy: this source is judged instead of the packet's own source. */
import type { IpAddress } from '../address/ip-address.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallFacts } from './call-facts.ts'
import type { LiveTable } from './live-table.ts'
import type { IndexedTrunk, PeerFacts } from './peer-index.ts'

/**
 * The source by which a call was judged, if the packet came from a trusted proxy. `none`: the request has no Via below the
 * proxy's own Via, so the proxy itself was judged. `unreadable`: the Via contains no address. `ambiguous`: the Via gives the
 * same information twice. For `unreadable` and `ambiguous`, the source is unknown.
 */
export type JudgedSource =
  | { readonly type: 'address'; readonly address: IpAddress }
  | { readonly type: 'none' | 'unreadable' | 'ambiguous' }

/** The facts of a request by which the source that a trusted proxy recorded is found. They may be unusable. */
export interface RecordedFacts {
  readonly peer: { readonly address: IpAddress }
  readonly recordedSources: CallFacts['recordedSources']
}

/**
 * The packet's source, or an address that a proxy recorded, with the facts that the table has about this address. `facts` is
 * undefined if there is no usable address.
 */
export interface RecordedHop {
  readonly source: IpAddress | 'ambiguous' | undefined
  readonly facts: PeerFacts | undefined
}

/**
 * The packet's source, then the recorded addresses behind it. The path ends with the first address that is not a trusted proxy
 * of any trunk.
 */
export function recordedPath(table: LiveTable, peer: PeerFacts, call: RecordedFacts): RecordedHop[] {
  const path: RecordedHop[] = [{ source: call.peer.address, facts: peer }]
  for (const source of call.recordedSources()) {
    const facts = source === undefined || source === 'ambiguous' ? undefined : table.peer(source)
    path.push({ source, facts })
    // A trunk uses a recorded address only if one of its own proxies recorded it. This address is no trunk's proxy.
    if (facts === undefined || facts.proxyOf.size === 0) break
  }
  return path
}

/**
 * The index in the path of the first address that is not a proxy of the trunk. If all addresses are its proxies: the last index.
 */
export function placeOnPath(path: readonly RecordedHop[], trunk: IndexedTrunk): number {
  const place = path.findIndex(({ facts }) => !facts?.proxyOf.has(trunk))
  return place === -1 ? path.length - 1 : place
}

/**
 * The source by which `trunk` judged a request. If `trunk` is not given, this reads the path for every trunk that has the sender
 * as a trusted proxy, and returns the source that is furthest from the packet. Returns undefined if the sender is not a trusted
 * proxy of `trunk` (or, if `trunk` is not given, of any trunk): then the packet's own source was judged.
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

/** The address. If there is no address: a text that explains why. */
export function judgedSourceText(judged: JudgedSource): string {
  return judged.type === 'address' ? judged.address.text : WORDS[judged.type]
}
