import type { IpAddress } from '../address/ip-address.ts'
import type { RuleEntry, ServiceEntry, TableDelta, TableEntry, TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import type { PeerFacts } from './peer-index.ts'
import type { RuleScope } from './rule-index.ts'
import type { ServiceTarget } from './service-targets.ts'
import { TableState } from './table-state.ts'

/** Names in a table. */
export interface TableNames {
  readonly size: number
  has(name: string): boolean
  keys(): Iterable<string>
}

/**
 * The table that a pod decides from. A change happens as a whole or, where it throws (`PatternError`), not at all: no lookup
 * sees half of one.
 */
export interface LiveTable {
  /** Replaces every entry, at once: for a table that does not decide calls yet. */
  load(entries: readonly TableEntry[], version: number): void
  /**
   * Replaces every entry while calls go on to be decided from the table as it was, until the new one is whole. Nothing else
   * may change the table meanwhile.
   */
  loadInSlices(entries: Iterable<TableEntry>, version: number): Promise<void>
  /** Changes some entries, at a cost that follows their number and not the table's. Unknown keys are removed already. */
  apply(delta: TableDelta, version: number): void
  /** The same, while calls go on until all that takes long is done. Nothing else may change the table meanwhile. */
  applyInSlices(delta: TableDelta, version: number): Promise<void>
  /** Whether any table was ever loaded. */
  readonly loaded: boolean
  /** Version of the last change; 0 before the first. */
  readonly version: number
  /** How many entries there are. */
  readonly entries: number
  trunks(): Iterable<TrunkEntry>
  rules(): Iterable<RuleEntry>
  services(): Iterable<ServiceEntry>
  /** Names of rules and of the backends that rules name; they change with the table, at no cost of their own. */
  readonly ruleNames: TableNames
  readonly backendNames: TableNames
  trunk(name: string): TrunkEntry | undefined
  rule(name: string): RuleEntry | undefined
  /** Headers that some rule reads, in lower case. The same array until it changes. */
  readonly headersRead: readonly string[]
  /** Where new calls to a Service go, by the name of its entry; empty where the table has no such entry. */
  readyEndpoints(service: string): readonly ServiceTarget[]
  /** A backend of some rule or an endpoint of a Service, ready or draining; without a port, on any. */
  isBackend(address: IpAddress, port?: number): boolean
  /** In the `contactNetworks` of some rule. */
  isContact(address: IpAddress): boolean
  /** What the table says of an address: for the choice of a trunk. */
  peer(address: IpAddress): PeerFacts
  /** Where a trunk's rules are found: for the choice of a rule. */
  ruleScopes(trunk: TrunkEntry): readonly RuleScope[]
}

const NO_ENDPOINTS: readonly ServiceTarget[] = []

export function createLiveTable(): LiveTable {
  let state = new TableState()
  let loaded = false
  let version = 0
  return {
    load(entries, newVersion) {
      const next = new TableState()
      next.apply({ upserted: inOrder(entries), removed: [] })
      state = next
      loaded = true
      version = newVersion
    },
    async loadInSlices(entries, newVersion) {
      state = await builtInSlices(entries)
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
    trunks: () => entriesOf(state.trunks),
    rules: () => entriesOf(state.rules),
    services: () => entriesOf(state.services),
    trunk: (name) => state.trunks.get(name)?.entry,
    rule: (name) => state.rules.get(name)?.entry,
    readyEndpoints: (service) => state.services.get(service)?.ready ?? NO_ENDPOINTS,
    isBackend: (address, port) => state.peers.isBackend(address, port),
    isContact: (address) => state.contacts.has(address),
    peer: (address) => state.peers.facts(address),
    ruleScopes: (trunk) => state.ruleIndex.scopesOf(trunk),
  }
}

/** Rules come in any order: to sort them all would be the longest slice. */
async function builtInSlices(entries: Iterable<TableEntry>): Promise<TableState> {
  const state = new TableState()
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

/** Rules last and in their order: a list that grows at its end only is built fastest. */
function inOrder(entries: readonly TableEntry[]): TableEntry[] {
  const rules = entries.filter((entry) => entry.kind === 'rule')
  const others = entries.filter((entry) => entry.kind !== 'rule')
  return [...others, ...rules.sort(compareRules)]
}

function* entriesOf<E>(indexed: ReadonlyMap<string, { readonly entry: E }>): Generator<E> {
  for (const { entry } of indexed.values()) yield entry
}
