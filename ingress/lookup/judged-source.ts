/** The source of a call behind a trusted proxy: the address that is judged instead of the packet's own. */
import type { IpAddress } from '../address/ip-address.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallFacts } from './call-facts.ts'
import type { LiveTable } from './live-table.ts'
import type { IndexedTrunk, PeerFacts } from './peer-index.ts'

/**
 * The source by which a call was judged, if the packet came from a trusted proxy. `none`: there is no Via below the proxy's
 * own, so the proxy itself was judged. `unreadable`: the Via names no address. `ambiguous`: the Via says something twice.
 * For the last two the source is unknown.
 */
export type JudgedSource =
  | { readonly type: 'address'; readonly address: IpAddress }
  | { readonly type: 'none' | 'unreadable' | 'ambiguous' }

/** What is read from a request, usable or not, to find the source that a trusted proxy recorded. */
export interface RecordedFacts {
  readonly peer: { readonly address: IpAddress }
  readonly recordedSources: CallFacts['recordedSources']
}

/**
 * The packet's source, or an address that a proxy recorded, with the facts that the table has about it. `facts` is undefined
 * if there is no usable address.
 */
export interface RecordedHop {
  readonly source: IpAddress | 'ambiguous' | undefined
  readonly facts: PeerFacts | undefined
}

/** The packet's source, then the recorded addresses behind it. Ends after the first address that is no trunk's trusted proxy. */
export function recordedPath(table: LiveTable, peer: PeerFacts, call: RecordedFacts): RecordedHop[] {
  const path: RecordedHop[] = [{ source: call.peer.address, facts: peer }]
  for (const source of call.recordedSources()) {
    const facts = source === undefined || source === 'ambiguous' ? undefined : table.peer(source)
    path.push({ source, facts })
    // A trunk looks only behind its own proxies.
    if (facts === undefined || facts.proxyOf.size === 0) break
  }
  return path
}

/** The index in the path of the first address that is not a proxy of the trunk. If all are its proxies: the last index. */
export function placeOnPath(path: readonly RecordedHop[], trunk: IndexedTrunk): number {
  const place = path.findIndex(({ facts }) => !facts?.proxyOf.has(trunk))
  return place === -1 ? path.length - 1 : place
}

/**
 * The source by which `trunk` judged a request. If `trunk` is not given, this looks at every trunk that has the sender as a
 * trusted proxy, and returns the source that is furthest from the packet. Returns undefined if the sender is not a trusted
 * proxy of `trunk` (or, if `trunk` is not given, of any trunk): then the own source of the packet was judged.
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

/** The address, or a text that says why there is no address. */
export function judgedSourceText(judged: JudgedSource): string {
  return judged.type === 'address' ? judged.address.text : WORDS[judged.type]
}
