import type { IpAddress } from '../address/ip-address.ts'
import type { RuleEntry, TableDelta, TableEntry, TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import { isKnown, type PeerFacts } from './peer-index.ts'
import type { RuleScope } from './rule-index.ts'
import { TableState } from './table-state.ts'

/**
 * The table that a pod decides from. `load` and `apply` are synchronous and happen as a whole or, where they throw
 * (`PatternError`), not at all: no lookup sees half a change.
 */
export interface LiveTable {
  /** Replaces every entry. */
  load(entries: readonly TableEntry[], version: number): void
  /** Changes some entries, at a cost that follows their number and not the table's. Unknown keys are removed already. */
  apply(delta: TableDelta, version: number): void
  /** Whether any table was ever loaded. */
  readonly loaded: boolean
  /** Version of the last change; 0 before the first. */
  readonly version: number
  /** How many entries there are. */
  readonly entries: number
  trunks(): Iterable<TrunkEntry>
  rules(): Iterable<RuleEntry>
  trunk(name: string): TrunkEntry | undefined
  rule(name: string): RuleEntry | undefined
  /** Headers that some rule reads, in lower case. The same array until it changes. */
  readonly headersRead: readonly string[]
  /** Inside any trunk's sources or trusted proxies, or a backend's address: not a stranger. */
  isKnownAddress(address: IpAddress): boolean
  /** A backend of some rule; without a port, on any. */
  isBackend(address: IpAddress, port?: number): boolean
  /** What the table says of an address: for the choice of a trunk. */
  peer(address: IpAddress): PeerFacts
  /** Where a trunk's rules are found: for the choice of a rule. */
  ruleScopes(trunk: TrunkEntry): readonly RuleScope[]
}

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
    apply(delta, newVersion) {
      state.apply(delta)
      version = newVersion
    },
    get loaded() {
      return loaded
    },
    get version() {
      return version
    },
    get entries() {
      return state.trunks.size + state.rules.size
    },
    get headersRead() {
      return state.headersRead
    },
    trunks: () => entriesOf(state.trunks),
    rules: () => entriesOf(state.rules),
    trunk: (name) => state.trunks.get(name)?.entry,
    rule: (name) => state.rules.get(name)?.entry,
    isKnownAddress: (address) => isKnown(state.peers.facts(address)),
    isBackend: (address, port) => state.peers.isBackend(address, port),
    peer: (address) => state.peers.facts(address),
    ruleScopes: (trunk) => state.ruleIndex.scopesOf(trunk),
  }
}

/** Trunks, then rules in their order: a list that grows at its end only is built fastest. */
function inOrder(entries: readonly TableEntry[]): TableEntry[] {
  const trunks = entries.filter((entry) => entry.kind === 'trunk')
  const rules = entries.filter((entry) => entry.kind === 'rule')
  return [...trunks, ...rules.sort(compareRules)]
}

function* entriesOf<E>(indexed: ReadonlyMap<string, { readonly entry: E }>): Generator<E> {
  for (const { entry } of indexed.values()) yield entry
}
