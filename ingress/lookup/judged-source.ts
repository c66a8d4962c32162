/** Finds the source of a call that comes through a trusted proxy. This source is judged instead of the packet's own source. */
import type { IpAddress } from '../address/ip-address.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { CallFacts } from './call-facts.ts'
import type { LiveTable } from './live-table.ts'
import type { IndexedTrunk, PeerFacts } from './peer-index.ts'

/**
 * The source by which a call was judged, if the packet came from a trusted proxy. `none`: the request has no Via below the
 * proxy's own Via, so the proxy itself was judged. `unreadable`: the Via contains no address. `ambiguous`: the Via gives
 * the same information twice. For the last two, the source is unknown.
 */
export type JudgedSource =
  | { readonly type: 'address'; readonly address: IpAddress }
  | { readonly type: 'none' | 'unreadable' | 'ambiguous' }

/** The facts of a request from which the source behind a trusted proxy is found. The request may be damaged. */
export interface RecordedFacts {
  readonly peer: { readonly address: IpAddress }
  readonly recordedSources: CallFacts['recordedSources']
}

/**
 * One address on the path: the packet's source, or an address that a proxy recorded. `facts` are what the table says about
 * this address. Undefined if there is no usable address.
 */
export interface RecordedHop {
  readonly source: IpAddress | 'ambiguous' | undefined
  readonly facts: PeerFacts | undefined
}

/**
 * The packet's source, then the recorded addresses behind it. The path ends with the first address that is no trusted proxy
 * of any trunk.
 */
export function recordedPath(table: LiveTable, peer: PeerFacts, call: RecordedFacts): RecordedHop[] {
  const path: RecordedHop[] = [{ source: call.peer.address, facts: peer }]
  for (const source of call.recordedSources()) {
    const facts = source === undefined || source === 'ambiguous' ? undefined : table.peer(source)
    path.push({ source, facts })
    // A trunk uses an address only if one of its trusted proxies recorded it. `source` is no proxy of any trunk. So no
    // trunk uses an address behind `source`.
    if (facts === undefined || facts.proxyOf.size === 0) break
  }
  return path
}

/**
 * The index in the path of the first address that is no proxy of the trunk. If all addresses are proxies of the trunk, the
 * last index.
 */
export function placeOnPath(path: readonly RecordedHop[], trunk: IndexedTrunk): number {
  const place = path.findIndex(({ facts }) => !facts?.proxyOf.has(trunk))
  return place === -1 ? path.length - 1 : place
}

/**
 * The source by which `trunk` judged a request. Without `trunk`, the path is read for every trunk that trusts the sender as
 * a proxy, and the result is the source that is furthest from the packet. Undefined if the sender is no trusted proxy of
 * `trunk` or, without `trunk`, of any trunk. Then the packet's own source was judged.
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

/** The address as text, or words that say why there is no address. */
export function judgedSourceText(judged: JudgedSource): string {
  return judged.type === 'address' ? judged.address.text : WORDS[judged.type]
}
