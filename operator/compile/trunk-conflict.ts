import type { IpPrefix } from '../../ingress/address/ip-address.ts'
import type { TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { listCovers } from './number-predicate.ts'
import { type NumberSet, numberSet, overlap } from './number-set.ts'
import { networkKey, sourceNetwork } from './source-network.ts'

/** Why some calls of a trunk may go to another namespace. */
export interface TrunkConflict {
  /** The network of the younger trunk that overlaps with the older trunk. */
  readonly source: string
  readonly older: TrunkEntry
}

/**
 * Finds each trunk that overlaps with an older trunk of another namespace: both trunks admit the same source, transport and
 * number. In the result, a key is the name of the younger trunk, and its value describes the oldest of the older trunks. A
 * network is not reported if the younger trunk's own namespace has a trunk that is older than both and admits the same calls
 * from this network. These calls then go to the younger trunk's namespace anyway. `trunks` must be sorted, the oldest first.
 */
export function olderTrunks(trunks: readonly TrunkEntry[]): Map<string, TrunkConflict> {
  const placed = trunks.map(place)
  const lengths = [...new Set(placed.flatMap((trunk) => trunk.networks.map((network) => network.length)))]
  const index: NetworkIndex = { lengths, at: new Map(), inside: new Map() }
  const conflicts = new Map<string, TrunkConflict>()
  for (const trunk of placed) {
    const conflict = oldestConflict(index, trunk)
    if (conflict) {
      const source = trunk.entry.sources[conflict.network] ?? ''
      conflicts.set(trunk.entry.name, { source, older: conflict.trunk.entry })
    }
    addTrunk(index, trunk)
  }
  return conflicts
}

interface PlacedTrunk {
  readonly entry: TrunkEntry
  readonly position: number
  readonly networks: readonly IpPrefix[]
  readonly numbers: NumberSet
}

type ByNamespace = Map<string, PlacedTrunk[]>

interface NetworkIndex {
  /** The prefix lengths of all networks. */
  readonly lengths: readonly number[]
  /** The trunks that have exactly this network as a source. */
  readonly at: Map<string, ByNamespace>
  /** The trunks that have this network, or a network inside it, as a source. */
  readonly inside: Map<string, ByNamespace>
}

interface FoundTrunk {
  readonly trunk: PlacedTrunk
  /** The index of the network in the list of the younger trunk. */
  readonly network: number
}

function place(entry: TrunkEntry, position: number): PlacedTrunk {
  return { entry, position, networks: entry.sources.map(sourceNetwork), numbers: numberSet(entry.called) }
}

function addTrunk(index: NetworkIndex, trunk: PlacedTrunk): void {
  for (const network of trunk.networks) {
    addTo(index.at, networkKey(network, network.length), trunk)
    for (const key of keysAround(index, network)) addTo(index.inside, key, trunk)
  }
}

function addTo(map: Map<string, ByNamespace>, key: string, trunk: PlacedTrunk): void {
  const namespaces = map.get(key) ?? new Map<string, PlacedTrunk[]>()
  map.set(key, namespaces)
  const list = namespaces.get(trunk.entry.namespace)
  if (!list) namespaces.set(trunk.entry.namespace, [trunk])
  else if (list.at(-1) !== trunk) list.push(trunk)
}

/** The keys of this network and of every wider network that may be in the index. */
function keysAround(index: NetworkIndex, network: IpPrefix): string[] {
  return index.lengths.filter((length) => length <= network.length).map((length) => networkKey(network, length))
}

function oldestConflict(index: NetworkIndex, trunk: PlacedTrunk): FoundTrunk | undefined {
  let oldest: FoundTrunk | undefined
  for (const [network, prefix] of trunk.networks.entries()) {
    const found = oldestAround(index, trunk, prefix)
    if (!found || sparedBy(index, trunk, prefix, found.position)) continue
    if (found.position < (oldest?.trunk.position ?? Number.POSITIVE_INFINITY)) oldest = { trunk: found, network }
  }
  return oldest
}

function oldestAround(index: NetworkIndex, trunk: PlacedTrunk, network: IpPrefix): PlacedTrunk | undefined {
  const around = keysAround(index, network).map((key) => index.at.get(key))
  let oldest: PlacedTrunk | undefined
  for (const namespaces of [...around, index.inside.get(networkKey(network, network.length))]) {
    const found = namespaces && oldestOf(namespaces, trunk)
    if (found && found.position < (oldest?.position ?? Number.POSITIVE_INFINITY)) oldest = found
  }
  return oldest
}

function oldestOf(namespaces: ByNamespace, trunk: PlacedTrunk): PlacedTrunk | undefined {
  let oldest: PlacedTrunk | undefined
  for (const [namespace, list] of namespaces) {
    if (namespace === trunk.entry.namespace) continue
    const found = list.find((other) => meet(other, trunk))
    if (found && found.position < (oldest?.position ?? Number.POSITIVE_INFINITY)) oldest = found
  }
  return oldest
}

function meet(a: PlacedTrunk, b: PlacedTrunk): boolean {
  return a.entry.transports.some((name) => b.entry.transports.includes(name)) && overlap(a.numbers, b.numbers)
}

/**
 * Whether the trunk's own namespace has a trunk that is older than the trunk at `position` and admits every call that the given
 * trunk admits from the network.
 */
function sparedBy(index: NetworkIndex, trunk: PlacedTrunk, network: IpPrefix, position: number): boolean {
  const { namespace, transports, called } = trunk.entry
  const own = keysAround(index, network).flatMap((key) => index.at.get(key)?.get(namespace) ?? [])
  return own.some(
    (older) =>
      older.position < position &&
      transports.every((name) => older.entry.transports.includes(name)) &&
      listCovers(older.entry.called, called),
  )
}
