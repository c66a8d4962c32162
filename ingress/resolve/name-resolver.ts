/**
 * Keeps the names of the table resolved, beside the calls. Each name is asked for when it comes into the table, and again before
 * its answer runs out. The results go to a listener, which puts them where calls read them.
 */
import { type NamedPlace, placeText } from '../route-table/route-table.ts'
import { errorText } from '../text/error-text.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { DnsFault } from './dns-client.ts'
import { createGate } from './gate.ts'
import { MAX_LOOKUPS_AT_ONCE } from './limits.ts'
import type { Location, RefusedAddress } from './locate-servers.ts'
import type { LocatedServer } from './located-server.ts'
import { isUsable, refreshAfter, retryAfter } from './refresh-time.ts'

/** What is known of a name after a look-up. Times are monotonic milliseconds. */
export interface NameState {
  /** The text of the place that was looked up, such as `pbx.example.net:5070;transport=tcp`. */
  readonly place: string
  readonly result: 'resolved' | DnsFault
  /** Why there is no new answer, for people. Empty if there is one. */
  readonly detail: string
  /** The servers that calls use from now on. Undefined: none is known. */
  readonly servers: readonly LocatedServer[] | undefined
  /** How many look-ups have failed in a row. */
  readonly failures: number
  /** Since when the servers are those of an old answer. Undefined if the answer is fresh, or if there is none. */
  readonly staleSince: number | undefined
  /** The peers that this look-up has brought and taken, as `address:port`. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly refused: readonly RefusedAddress[]
  /** Records beyond the limits, which are not used. */
  readonly leftOut: number
}

export interface NameResolverOptions {
  /** Locates the servers of a place. It should not reject. */
  readonly locate: (place: NamedPlace, signal: AbortSignal) => Promise<Location>
  readonly clock: Clock
  /** Returns a number in [0, 1). */
  readonly fraction: () => number
  readonly onState: (state: NameState) => void
  /** The name has left the table. */
  readonly onForgotten: (place: string) => void
}

export interface NameResolver {
  /** Sets the names of the table. New ones are looked up at once, and those that are no longer there are forgotten. */
  retain(places: Iterable<NamedPlace>): void
  /** How many names have not had the end of a first look-up yet. */
  readonly pending: number
  close(): void
}

interface Entry {
  readonly key: string
  readonly place: NamedPlace
  state: NameState | undefined
  failures: number
  deniedSince: number | undefined
  timer: Timer | undefined
  readonly stop: AbortController
}

export function createNameResolver(options: NameResolverOptions): NameResolver {
  const entries = new Map<string, Entry>()
  const gate = createGate(MAX_LOOKUPS_AT_ONCE)
  const lookUp = (entry: Entry): void => {
    void gate(async () => {
      if (entry.stop.signal.aborted) return
      const location = await options.locate(entry.place, entry.stop.signal).catch(broken)
      if (!entry.stop.signal.aborted) take(entry, location, options, lookUp)
    })
  }
  const forget = (entry: Entry): void => {
    entry.stop.abort()
    if (entry.timer) options.clock.cancel(entry.timer)
    entries.delete(entry.key)
  }
  return {
    retain: (places) => {
      const wanted = new Map(Array.from(places, (place) => [placeText(place), place]))
      for (const entry of entries.values()) {
        if (wanted.has(entry.key)) continue
        forget(entry)
        options.onForgotten(entry.key)
      }
      for (const [key, place] of wanted) {
        if (entries.has(key)) continue
        const entry = newEntry(key, place)
        entries.set(key, entry)
        lookUp(entry)
      }
    },
    get pending() {
      let count = 0
      for (const { state } of entries.values()) if (state === undefined) count++
      return count
    },
    close: () => {
      for (const entry of [...entries.values()]) forget(entry)
    },
  }
}

/** A defect in a look-up must not end a process that has calls. The name counts as failed, and the log says why. */
function broken(error: unknown): Location {
  return { type: 'failed', fault: 'malformed', detail: `the look-up broke: ${errorText(error)}` }
}

function newEntry(key: string, place: NamedPlace): Entry {
  const stop = new AbortController()
  return { key, place, state: undefined, failures: 0, deniedSince: undefined, timer: undefined, stop }
}

/** Takes the result of a look-up, and plans the next one. */
function take(entry: Entry, location: Location, options: NameResolverOptions, lookUp: (entry: Entry) => void): void {
  const { clock, fraction, onState } = options
  const before = entry.state
  entry.state = location.type === 'found' ? fresh(entry, location) : failed(entry, location, clock.now())
  const delay =
    location.type === 'found' ? refreshAfter(location.ttlSeconds, fraction()) : retryAfter(entry.failures, fraction())
  entry.timer = clock.after(delay, lookUp, entry)
  onState({ ...entry.state, ...changes(before?.servers ?? [], entry.state.servers ?? []) })
}

function fresh(entry: Entry, { servers, refused, leftOut }: Extract<Location, { type: 'found' }>): NameState {
  entry.failures = 0
  entry.deniedSince = undefined
  const { key: place, state } = entry
  // The same list is kept while nothing changes, so that what is made of it for calls is not made again.
  const same = state?.servers !== undefined && sameServers(state.servers, servers)
  const current = same ? state.servers : servers
  const rest = { failures: 0, staleSince: undefined, refused, leftOut, ...NO_CHANGES }
  return { place, result: 'resolved', detail: '', servers: current, ...rest }
}

function failed(entry: Entry, location: Exclude<Location, { type: 'found' }>, now: number): NameState {
  const { state, key: place } = entry
  entry.failures++
  entry.deniedSince = location.type === 'denied' ? (entry.deniedSince ?? now) : undefined
  const { fault: result, detail } = location
  const nothing = { place, result, detail, failures: entry.failures, refused: [], leftOut: 0, ...NO_CHANGES }
  if (state?.servers === undefined) return { ...nothing, servers: undefined, staleSince: undefined }
  const staleSince = state.staleSince ?? now
  const deniedMs = entry.deniedSince === undefined ? undefined : now - entry.deniedSince
  const usable = isUsable({ staleMs: now - staleSince, deniedMs })
  return { ...nothing, servers: usable ? state.servers : undefined, staleSince: usable ? staleSince : undefined }
}

const NO_CHANGES: Pick<NameState, 'added' | 'removed'> = { added: [], removed: [] }

function changes(before: readonly LocatedServer[], after: readonly LocatedServer[]): typeof NO_CHANGES {
  if (before === after) return NO_CHANGES
  const [old, now] = [peersOf(before), peersOf(after)]
  return { added: [...now].filter((peer) => !old.has(peer)), removed: [...old].filter((peer) => !now.has(peer)) }
}

function peersOf(servers: readonly LocatedServer[]): ReadonlySet<string> {
  return new Set(
    servers.flatMap(({ addresses, port }) =>
      addresses.map(({ family, text }) => (family === 6 ? `[${text}]:${port}` : `${text}:${port}`)),
    ),
  )
}

/** Whether two answers say the same. A server that lists its records in another order each time says the same. */
function sameServers(a: readonly LocatedServer[], b: readonly LocatedServer[]): boolean {
  const [first, second] = [a.map(serverText).toSorted(), b.map(serverText).toSorted()]
  return first.length === second.length && first.every((text, at) => text === second[at])
}

function serverText({ target, priority, weight, port, transport, addresses }: LocatedServer): string {
  const texts = addresses.map(({ text }) => text).toSorted()
  return [target, priority, weight, port, transport ?? 'any', ...texts].join(' ')
}
