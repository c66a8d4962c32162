/**
 * The names of backends, and the servers to which they point. Calls read them from memory. They belong to the live table as a
 * whole: a new version of the route table does not lose what DNS has said.
 */
import type { LocatedServer } from '../resolve/located-server.ts'
import { type NameBackend, type NamedPlace, placeText } from '../route-table/route-table.ts'
import { type BackendPlace, type BackendTable, createBackendTable } from './backend-table.ts'

/** A name of the table, and the URIs of the backends that have it. The text of the place is its key. */
export interface NameUse {
  readonly place: NamedPlace
  /** The names of the backends in metrics and logs. Each value counts how often rules name the backend. */
  readonly backends: ReadonlyMap<string, number>
}

/** How often rules name each place. */
export interface NameUses {
  readonly places: ReadonlyMap<string, NameUse>
  /** The key of the place of a backend, by its name in metrics and logs. Undefined: no rule has such a backend. */
  placeOf(backend: string): string | undefined
  add(backends: readonly NameBackend[]): void
  /** Removes backends that were added before. If a backend was added twice, one of the two stays. */
  remove(backends: readonly NameBackend[]): void
}

export function createNameUses(): NameUses {
  const places = new Map<string, NameUse & { readonly backends: Map<string, number> }>()
  const keys = new Map<string, string>()
  return {
    places,
    placeOf: (backend) => keys.get(backend),
    add: (backends) => {
      for (const { uri, host, port, transport } of backends) {
        const place = { host, ...(port !== undefined && { port }), ...(transport && { transport }) }
        const key = placeText(place)
        const use = places.get(key) ?? { place, backends: new Map<string, number>() }
        use.backends.set(uri, (use.backends.get(uri) ?? 0) + 1)
        places.set(key, use)
        keys.set(uri, key)
      }
    },
    remove: (backends) => {
      for (const backend of backends) {
        const key = placeText(backend)
        const use = places.get(key)
        const left = (use?.backends.get(backend.uri) ?? 0) - 1
        if (left > 0) use?.backends.set(backend.uri, left)
        else {
          use?.backends.delete(backend.uri)
          keys.delete(backend.uri)
        }
        if (use?.backends.size === 0) places.delete(key)
      }
    },
  }
}

/** What DNS has said about the places of the table. */
export interface ServersOfNames {
  /** The addresses of all names. Each of them is a known peer. */
  readonly peers: BackendTable
  get(place: string): readonly LocatedServer[] | undefined
  /** Replaces the servers of a place. Undefined: nothing is known of the place any more. */
  set(place: string, servers: readonly LocatedServer[] | undefined): void
}

export function createServersOfNames(): ServersOfNames {
  const peers = createBackendTable()
  const known = new Map<string, readonly LocatedServer[]>()
  return {
    peers,
    get: (place) => known.get(place),
    set: (place, servers) => {
      const before = known.get(place)
      if (servers === undefined) known.delete(place)
      else known.set(place, servers)
      // The new addresses are added before the old ones are removed, so that one that stays is never missing.
      for (const one of placesOf(servers ?? [])) peers.add(one)
      for (const one of placesOf(before ?? [])) peers.remove(one)
    },
  }
}

function placesOf(servers: readonly LocatedServer[]): BackendPlace[] {
  return servers.flatMap(({ addresses, port }) => addresses.map(({ text }) => ({ address: text, port })))
}
