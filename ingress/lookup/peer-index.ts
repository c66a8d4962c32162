import { type IpAddress, type IpPrefix, parseIpPrefix } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import { createAddressCache } from './address-cache.ts'
import { AddressTable } from './address-table.ts'
import { type BackendPlace, type BackendTable, createBackendTable } from './backend-table.ts'
import { MAX_CACHED_PEERS } from './limits.ts'
import { type NumberTest, numberTest } from './number-test.ts'
import type { Patterns } from './patterns.ts'

/**
 * A trunk in the form that the index stores. If a text in its lists of networks is no network, the text is left out and
 * admits no call.
 */
export interface IndexedTrunk {
  readonly kind: 'trunk'
  readonly entry: TrunkEntry
  readonly sources: readonly IpPrefix[]
  readonly trustedProxies: readonly IpPrefix[]
  /** Tests whether the trunk owns a called number. Undefined if the trunk owns every number. */
  readonly owns: NumberTest | undefined
}

/** Compiles a trunk. The caller must have acquired the trunk's patterns. */
export function indexedTrunk(entry: TrunkEntry, patterns: Patterns): IndexedTrunk {
  return {
    kind: 'trunk',
    entry,
    sources: parsed(entry.sources),
    trustedProxies: parsed(entry.trustedProxies),
    owns: entry.called.length === 0 ? undefined : numberTest(entry.called, patterns),
  }
}

/** What the table says about an address. The content of a packet does not matter here. */
export interface PeerFacts {
  /**
   * The trunks with a source network that contains the address. The value is the longest prefix length, counted in the
   * 128-bit form.
   */
  readonly sourceOf: ReadonlyMap<IndexedTrunk, number>
  /** The trunks with a network of trusted proxies that contains the address. The value is the longest prefix length. */
  readonly proxyOf: ReadonlyMap<IndexedTrunk, number>
  readonly isBackend: boolean
  /** Whether the table names the address at all: as a source, as a trusted proxy or as a backend. */
  readonly known: boolean
  /**
   * The trunks of `sourceOf` that admit UDP, and those that admit TCP. The trunks of `proxyOf` are left out, because they judge
   * another address: the one that the proxy recorded. The lists are made once for an address, so that no call makes a list.
   */
  readonly admittedByUdp: readonly Admission[]
  readonly admittedByTcp: readonly Admission[]
}

/** A trunk that admits a packet. */
export interface Admission {
  readonly trunk: IndexedTrunk
  /** Length of the trunk's longest source network that contains the address. IPv4 counts in the 128-bit form: /8 is 104. */
  readonly prefixLength: number
}

/** The trunks that admit a packet from this address because of the address itself. */
export function admittedBy(facts: PeerFacts, transport: TransportName): readonly Admission[] {
  return transport === 'UDP' ? facts.admittedByUdp : facts.admittedByTcp
}

/**
 * Finds peers by address. Peers are sources and trusted proxies of trunks, backends of rules, endpoints of Services, and the
 * addresses of names.
 */
interface PeerIndex {
  addTrunk(trunk: IndexedTrunk): void
  removeTrunk(trunk: IndexedTrunk): void
  addBackends(places: readonly BackendPlace[]): void
  /** Removes places that were added before. If a place was added twice, one of the two stays. */
  removeBackends(places: readonly BackendPlace[]): void
  facts(address: IpAddress): PeerFacts
  /** Whether the address belongs to a backend. If `port` is absent, any port counts. */
  isBackend(address: IpAddress, port?: number): boolean
}

const STRANGER = peerFacts(new Map(), new Map(), false)

/** `named`: the addresses to which the names of backends point. They change without a change of the route table. */
export function createPeerIndex(named: BackendTable): PeerIndex {
  const sources = new AddressTable<IndexedTrunk>()
  const proxies = new AddressTable<IndexedTrunk>()
  const backends = createBackendTable()
  const cache = createAddressCache<PeerFacts>(MAX_CACHED_PEERS)
  let namedRevision = named.revision
  return {
    addTrunk(trunk) {
      for (const prefix of trunk.sources) sources.add(prefix, trunk)
      for (const prefix of trunk.trustedProxies) proxies.add(prefix, trunk)
      cache.clear()
    },
    removeTrunk(trunk) {
      for (const prefix of trunk.sources) sources.remove(prefix, trunk)
      for (const prefix of trunk.trustedProxies) proxies.remove(prefix, trunk)
      cache.clear()
    },
    addBackends(places) {
      for (const place of places) if (backends.add(place)) cache.clear()
    },
    removeBackends(places) {
      for (const place of places) if (backends.remove(place)) cache.clear()
    },
    facts(address) {
      if (namedRevision !== named.revision) {
        namedRevision = named.revision
        cache.clear()
      }
      const cached = cache.get(address)
      if (cached !== undefined) return cached
      const found = peerFacts(sources.find(address), proxies.find(address), backends.has(address) || named.has(address))
      const facts = found.known ? found : STRANGER
      cache.set(address, facts)
      return facts
    },
    isBackend: (address, port) => backends.has(address, port) || named.has(address, port),
  }
}

function peerFacts(sourceOf: PeerFacts['sourceOf'], proxyOf: PeerFacts['proxyOf'], isBackend: boolean): PeerFacts {
  const admitted = (transport: TransportName): Admission[] => {
    const own = [...sourceOf].filter(([trunk]) => trunk.entry.transports.includes(transport) && !proxyOf.has(trunk))
    return own.map(([trunk, prefixLength]) => ({ trunk, prefixLength }))
  }
  const known = isBackend || sourceOf.size > 0 || proxyOf.size > 0
  return { sourceOf, proxyOf, isBackend, known, admittedByUdp: admitted('UDP'), admittedByTcp: admitted('TCP') }
}

function parsed(networks: readonly string[]): IpPrefix[] {
  return networks.map((network) => parseIpPrefix(network)).filter((prefix) => prefix !== undefined)
}
