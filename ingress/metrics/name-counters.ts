/** Counts the look-ups of backends' names, and records which names have no fresh answer. */
import type { Registry } from 'prom-client'
import type { NameState } from '../resolve/name-resolver.ts'
import { addCounter, addGauge } from './exposition.ts'
import { ADDRESS_FAULTS, METRICS, NAME_RESULTS } from './metric-declarations.ts'

/** Names of the table, by the text of the place that is looked up, with the URIs of the backends that have them. */
export type NamedBackends = ReadonlyMap<string, { readonly backends: ReadonlyMap<string, unknown> }>

export interface NameTable {
  count(state: NameState): void
  forget(place: string): void
  /** Sets the names of the table. The map may change later with the table. */
  replace(names: NamedBackends): void
  /** The backends whose names have been asked for and have no address. */
  unresolvedBackends(): ReadonlySet<string>
  /** Adds the metrics. `since` turns a monotonic time into seconds since 1970. */
  register(registry: Registry, since: (at: number) => number): void
}

interface Counts {
  readonly results: Float64Array
  readonly refused: Float64Array
  readonly changes: { added: number; removed: number }
  readonly states: Map<string, Pick<NameState, 'servers' | 'staleSince'>>
  names: NamedBackends
}

export function createNameTable(): NameTable {
  const counts: Counts = {
    results: new Float64Array(Object.keys(NAME_RESULTS).length),
    refused: new Float64Array(Object.keys(ADDRESS_FAULTS).length),
    changes: { added: 0, removed: 0 },
    states: new Map(),
    names: new Map(),
  }
  return {
    count: (state) => countIn(counts, state),
    forget: (place) => counts.states.delete(place),
    replace: (names) => {
      counts.names = names
    },
    unresolvedBackends: () => {
      const unresolved = new Set<string>()
      for (const [place, { backends }] of counts.names) {
        if (isUnresolved(counts, place)) for (const backend of backends.keys()) unresolved.add(backend)
      }
      return unresolved
    },
    register: (registry, since) => register(registry, counts, since),
  }
}

function countIn(counts: Counts, { place, result, servers, staleSince, added, removed, refused }: NameState): void {
  increase(counts.results, NAME_RESULTS[result])
  for (const { fault } of refused) increase(counts.refused, ADDRESS_FAULTS[fault])
  counts.changes.added += added.length
  counts.changes.removed += removed.length
  counts.states.set(place, { servers, staleSince })
}

function increase(row: Float64Array, at: number): void {
  row[at] = (row[at] ?? 0) + 1
}

function isUnresolved({ states }: Counts, place: string): boolean {
  const state = states.get(place)
  return state !== undefined && state.servers === undefined
}

function register(registry: Registry, counts: Counts, since: (at: number) => number): void {
  addCounter(registry, METRICS.nameResolutions, (emit) => {
    for (const [result, at] of Object.entries(NAME_RESULTS)) emit({ result }, counts.results[at] ?? 0)
  })
  addCounter(registry, METRICS.nameAddressesRefused, (emit) => {
    for (const [reason, at] of Object.entries(ADDRESS_FAULTS)) emit({ reason }, counts.refused[at] ?? 0)
  })
  addCounter(registry, METRICS.namePeerChanges, (emit) => {
    for (const [change, count] of Object.entries(counts.changes)) emit({ change }, count)
  })
  addGauge(registry, METRICS.nameStale, (emit) => {
    for (const [name, { staleSince }] of counts.states) if (staleSince !== undefined) emit({ name }, since(staleSince))
  })
  addGauge(registry, METRICS.names, (emit) => emit({}, counts.names.size))
  addGauge(registry, METRICS.namesUnresolved, (emit) => {
    let unresolved = 0
    for (const place of counts.names.keys()) if (isUnresolved(counts, place)) unresolved++
    emit({}, unresolved)
  })
}
