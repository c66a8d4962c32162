import type { IpAddress } from '../address/ip-address.ts'
import type { LocatedServer } from '../resolve/located-server.ts'
import type { RuleEntry, ServiceEntry, TableDelta, TableEntry, TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import type { BackendTable } from './backend-table.ts'
import type { LimitedEntries } from './limited-entries.ts'
import { createServersOfNames, type NameUse } from './named-backends.ts'
import type { PeerFacts } from './peer-index.ts'
import type { ProbedBackend } from './probed-backends.ts'
import type { RuleScope } from './rule-index.ts'
import type { ServiceTarget } from './service-targets.ts'
import { TableState } from './table-state.ts'

/** A set of names that are in the table. */
export interface TableNames {
  readonly size: number
  has(name: string): boolean
  keys(): Iterable<string>
}

/**
 * The table from which a pod decides. A change is applied as a whole. A change that throws (`PatternError`,
 * `TimeZoneError`) leaves the
 * table as it was. A lookup never sees half of a change.
 */
export interface LiveTable {
  /** Replaces every entry in one step. Must be called only before calls are decided from this table. */
  load(entries: readonly TableEntry[], version: number): void
  /**
   * Replaces every entry. Calls are decided from the old table until the new table is complete. The caller must make no
   * other change at the same time.
   */
  loadInSlices(entries: Iterable<TableEntry>, version: number): Promise<void>
  /**
   * Changes some entries. The cost grows with the number of these entries. The size of the table does not matter. Unknown
   * keys in `removed` are ignored.
   */
  apply(delta: TableDelta, version: number): void
  /**
   * Does the same as `apply`. During the long part of the work, calls go on. The caller must make no other change at the
   * same time.
   */
  applyInSlices(delta: TableDelta, version: number): Promise<void>
  /** Whether a table was ever loaded. */
  readonly loaded: boolean
  /** Version of the last change. 0 before the first change. */
  readonly version: number
  /** Number of entries. */
  readonly entries: number
  trunks(): Iterable<TrunkEntry>
  rules(): Iterable<RuleEntry>
  services(): Iterable<ServiceEntry>
  /** Names of rules, and names of the backends in rules. They change with the table and take no extra memory. */
  readonly ruleNames: TableNames
  readonly backendNames: TableNames
  /** The backends that rules want to be probed, by their names. Made anew at each call. */
  probedBackends(): ReadonlyMap<string, ProbedBackend>
  readonly limited: LimitedEntries
  trunk(name: string): TrunkEntry | undefined
  rule(name: string): RuleEntry | undefined
  /** Names of the headers that rules read, in lower case. The same array is returned until the names change. */
  readonly headersRead: readonly string[]
  /** The targets for new calls to a Service, by the name of its entry. Empty if the table has no such entry. */
  readyEndpoints(service: string): readonly ServiceTarget[]
  /** The names of backends in rules, by the text of the place that is looked up. They change with the table. */
  readonly names: ReadonlyMap<string, NameUse>
  /** The servers to which a name points, as DNS last said. Undefined if that is not known. */
  serversOf(place: string): readonly LocatedServer[] | undefined
  /** The same, by the name of the backend in metrics and logs. Empty if the backend is no name of a rule. */
  serversOfBackend(backend: string): readonly LocatedServer[]
  /**
   * Replaces the servers of a name. From now on, their addresses are known peers. This does not depend on the version of the
   * table. Undefined: nothing is known of the name any more.
   */
  setServers(place: string, servers: readonly LocatedServer[] | undefined): void
  /**
   * Whether this is the address of a rule's backend, of a Service's endpoint (ready or draining), or of a server to which a
   * name points. If `port` is absent, any port counts.
   */
  isBackend(address: IpAddress, port?: number): boolean
  /** Whether the address is in the `contactNetworks` of a rule. */
  isContact(address: IpAddress): boolean
  /** What the table says about an address. The choice of a trunk needs these facts. */
  peer(address: IpAddress): PeerFacts
  /** The scopes that contain a trunk's rules. The choice of a rule needs them. */
  ruleScopes(trunk: TrunkEntry): readonly RuleScope[]
}

const NO_ENDPOINTS: readonly ServiceTarget[] = []
const NO_SERVERS: readonly LocatedServer[] = []

export function createLiveTable(): LiveTable {
  const named = createServersOfNames()
  let state = new TableState(named.peers)
  let loaded = false
  let version = 0
  return {
    load(entries, newVersion) {
      const next = new TableState(named.peers)
      next.apply({ upserted: inOrder(entries), removed: [] })
      state = next
      loaded = true
      version = newVersion
    },
    async loadInSlices(entries, newVersion) {
      state = await builtInSlices(entries, named.peers)
      loaded = true
      version = newVersion
    },
    apply(delta, newVersion) {
      state.apply(delta)
      version = newVersion
    },
    async applyInSlices(delta, newVersion) {
      await appliedInSlices(state, delta)
      version = newVersion
    },
    get loaded() {
      return loaded
    },
    get version() {
      return version
    },
    get entries() {
      return state.trunks.size + state.rules.size + state.services.size
    },
    get headersRead() {
      return state.headersRead
    },
    get ruleNames() {
      return state.rules
    },
    get backendNames() {
      return state.backendUses
    },
    get limited() {
      return state.limited
    },
    trunks: () => entriesOf(state.trunks),
    rules: () => entriesOf(state.rules),
    services: () => entriesOf(state.services),
    probedBackends: () => state.probes.probed(),
    trunk: (name) => state.trunks.get(name)?.entry,
    rule: (name) => state.rules.get(name)?.entry,
    readyEndpoints: (service) => state.services.get(service)?.ready ?? NO_ENDPOINTS,
    get names() {
      return state.names.places
    },
    serversOf: (place) => named.get(place),
    serversOfBackend: (backend) => named.get(state.names.placeOf(backend) ?? '') ?? NO_SERVERS,
    setServers: (place, servers) => named.set(place, servers),
    isBackend: (address, port) => state.peers.isBackend(address, port),
    isContact: (address) => state.contacts.has(address),
    peer: (address) => state.peers.facts(address),
    ruleScopes: (trunk) => state.ruleIndex.scopesOf(trunk),
  }
}

/** Builds a table entry by entry. The rules are not sorted before, because sorting all of them cannot be split into slices. */
async function builtInSlices(entries: Iterable<TableEntry>, named: BackendTable): Promise<TableState> {
  const state = new TableState(named)
  const slice = createTimeSlice()
  for (const entry of entries) {
    await appliedInSlices(state, { upserted: [entry], removed: [] })
    if (slice.over()) await slice.pause()
  }
  return state
}

async function appliedInSlices(state: TableState, delta: TableDelta): Promise<void> {
  const release = await state.prepare(delta.upserted)
  try {
    state.apply(delta)
  } finally {
    release()
  }
}

/**
 * Returns the entries with the rules last and sorted. If the rules come in order, a list grows only at its end, which is
 * fastest.
 */
function inOrder(entries: readonly TableEntry[]): TableEntry[] {
  const rules = entries.filter((entry) => entry.kind === 'rule')
  const others = entries.filter((entry) => entry.kind !== 'rule')
  return [...others, ...rules.sort(compareRules)]
}

function* entriesOf<E>(indexed: ReadonlyMap<string, { readonly entry: E }>): Generator<E> {
  for (const { entry } of indexed.values()) yield entry
}
