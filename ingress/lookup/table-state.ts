import {
  type Backend,
  backendName,
  MATCH_CONDITIONS,
  type NameBackend,
  type RuleEntry,
  type TableDelta,
  type TableEntry,
  type UriBackend,
} from '../route-table/route-table.ts'
import type { Schedule } from '../route-table/schedule.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import type { BackendTable } from './backend-table.ts'
import type { IndexedRule } from './indexed-rule.ts'
import { createLimitedEntries } from './limited-entries.ts'
import { LOOKUP_ROWS } from './match-condition.ts'
import { createNameUses } from './named-backends.ts'
import { createNetworkUses } from './network-uses.ts'
import { numberPatterns } from './number-test.ts'
import { createPatterns } from './patterns.ts'
import { createPeerIndex, type IndexedTrunk, indexedTrunk } from './peer-index.ts'
import { createProbeUses } from './probed-backends.ts'
import { indexedRule, RuleIndex } from './rule-index.ts'
import { createSchedules } from './schedules.ts'
import { type IndexedService, indexedService } from './service-targets.ts'

type IndexedEntry = IndexedTrunk | IndexedRule | IndexedService

/** The entries of a table and all indexes that find them. */
export class TableState {
  readonly trunks = new Map<string, IndexedTrunk>()
  readonly rules = new Map<string, IndexedRule>()
  readonly services = new Map<string, IndexedService>()
  readonly peers: ReturnType<typeof createPeerIndex>
  readonly ruleIndex = new RuleIndex()
  readonly #patterns = createPatterns()
  readonly #schedules = createSchedules()
  /** The names of backends in rules. The value counts how often rules name the backend. */
  readonly backendUses = new Map<string, number>()
  /** The networks to which the backends of rules may move their calls (`contactNetworks`). */
  readonly contacts = createNetworkUses()
  /** The backends that rules want to be probed. */
  readonly probes = createProbeUses()
  readonly limited = createLimitedEntries()
  /** The names of backends in rules. */
  readonly names = createNameUses()
  readonly #headerUses = new Map<string, number>()
  #headersRead: readonly string[] = []

  /** `named`: the addresses to which names of backends point. */
  constructor(named: BackendTable) {
    this.peers = createPeerIndex(named)
  }

  get headersRead(): readonly string[] {
    return this.#headersRead
  }

  /**
   * Applies a change. All entries are compiled first, because compiling is the only step that can fail. If an entry does
   * not compile (`PatternError`, `TimeZoneError`), nothing changes.
   */
  apply(delta: TableDelta): void {
    const compiled = this.#compileAll(delta.upserted)
    for (const key of delta.removed) this.#remove(key)
    for (const entry of compiled) this.#put(entry)
  }

  /**
   * Compiles the patterns and the schedules of entries before the entries are applied. This is done in slices, because a
   * rule may have a thousand patterns and each takes a millisecond. Returns a function that releases what was compiled. The
   * caller must call that function after the entries are applied, or when they will not be applied. Throws `PatternError`
   * and `TimeZoneError`.
   */
  async prepare(entries: Iterable<TableEntry>): Promise<() => void> {
    const slice = createTimeSlice()
    const acquired: string[] = []
    const scheduled: Schedule[] = []
    const release = (): void => {
      this.#patterns.release(acquired)
      this.#schedules.release(scheduled)
    }
    try {
      for (const entry of entries) {
        for (const pattern of patternsOf(entry)) {
          this.#patterns.acquire([pattern])
          acquired.push(pattern)
          if (slice.over()) await slice.pause()
        }
        this.#schedules.acquire(schedulesOf(entry))
        scheduled.push(...schedulesOf(entry))
        if (slice.over()) await slice.pause()
      }
    } catch (error) {
      release()
      throw error
    }
    return release
  }

  #compileAll(entries: readonly TableEntry[]): IndexedEntry[] {
    const compiled: IndexedEntry[] = []
    try {
      for (const entry of entries) compiled.push(this.#compile(entry))
      return compiled
    } catch (error) {
      for (const { entry } of compiled) this.#releaseShared(entry)
      throw error
    }
  }

  #compile(entry: TableEntry): IndexedEntry {
    this.#acquireShared(entry)
    switch (entry.kind) {
      case 'trunk':
        return indexedTrunk(entry, this.#patterns)
      case 'rule':
        return indexedRule(entry, this.#patterns, this.#schedules)
      case 'service':
        return indexedService(entry)
    }
  }

  #put(entry: IndexedEntry): void {
    switch (entry.kind) {
      case 'trunk':
        return this.#putTrunk(entry)
      case 'rule':
        return this.#putRule(entry)
      case 'service':
        return this.#putService(entry)
    }
  }

  #putTrunk(trunk: IndexedTrunk): void {
    this.#removeTrunk(this.trunks.get(trunk.entry.name))
    this.trunks.set(trunk.entry.name, trunk)
    this.limited.put(trunk.entry)
    this.peers.addTrunk(trunk)
  }

  /**
   * Adds the new version of a rule before it removes the old version. So backends and headers that are in both versions are
   * never missing, and what is cached about them need not be cleared.
   */
  #putRule(rule: IndexedRule): void {
    const before = this.rules.get(rule.entry.name)
    if (before !== undefined) this.ruleIndex.remove(before)
    this.rules.set(rule.entry.name, rule)
    this.ruleIndex.add(rule)
    this.peers.addBackends(addressesOf(rule.entry))
    this.names.add(namesOf(rule.entry))
    this.contacts.add(contactsOf(rule.entry))
    this.probes.add(backendsOf(rule.entry))
    this.#countHeaders(rule.entry, 1)
    countBackends(this.backendUses, rule.entry, 1)
    if (before !== undefined) this.#release(before)
    this.limited.put(rule.entry)
  }

  /**
   * Adds the new version of a Service before it removes the old version. So endpoints that are in both versions are never
   * missing.
   */
  #putService(service: IndexedService): void {
    const before = this.services.get(service.entry.name)
    this.services.set(service.entry.name, service)
    this.peers.addBackends(service.entry.endpoints)
    if (before !== undefined) this.peers.removeBackends(before.entry.endpoints)
  }

  #remove(key: string): void {
    const slash = key.indexOf('/')
    const name = key.slice(slash + 1)
    const kind = key.slice(0, slash) as TableEntry['kind']
    switch (kind) {
      case 'trunk':
        return this.#removeTrunk(this.trunks.get(name))
      case 'rule':
        return this.#removeRule(this.rules.get(name))
      case 'service':
        return this.#removeService(this.services.get(name))
    }
  }

  #removeRule(rule: IndexedRule | undefined): void {
    if (rule === undefined) return
    this.rules.delete(rule.entry.name)
    this.ruleIndex.remove(rule)
    this.#release(rule)
  }

  #removeService(service: IndexedService | undefined): void {
    if (service === undefined) return
    this.services.delete(service.entry.name)
    this.peers.removeBackends(service.entry.endpoints)
  }

  #removeTrunk(trunk: IndexedTrunk | undefined): void {
    if (trunk === undefined) return
    this.trunks.delete(trunk.entry.name)
    this.limited.remove(trunk.entry)
    this.peers.removeTrunk(trunk)
    this.#releaseShared(trunk.entry)
  }

  #release(rule: IndexedRule): void {
    this.limited.remove(rule.entry)
    this.peers.removeBackends(addressesOf(rule.entry))
    this.names.remove(namesOf(rule.entry))
    this.contacts.remove(contactsOf(rule.entry))
    this.probes.remove(backendsOf(rule.entry))
    this.#countHeaders(rule.entry, -1)
    countBackends(this.backendUses, rule.entry, -1)
    this.#releaseShared(rule.entry)
  }

  /** Counts one use of what entries share. If a part does not compile, no use is counted. */
  #acquireShared(entry: TableEntry): void {
    this.#patterns.acquire(patternsOf(entry))
    try {
      this.#schedules.acquire(schedulesOf(entry))
    } catch (error) {
      this.#patterns.release(patternsOf(entry))
      throw error
    }
  }

  #releaseShared(entry: TableEntry): void {
    this.#patterns.release(patternsOf(entry))
    this.#schedules.release(schedulesOf(entry))
  }

  #countHeaders(entry: RuleEntry, change: 1 | -1): void {
    for (const { name } of entry.headers) {
      const before = this.#headerUses.get(name) ?? 0
      if (before + change > 0) this.#headerUses.set(name, before + change)
      else this.#headerUses.delete(name)
      if (before === 0 || before + change === 0) this.#headersRead = [...this.#headerUses.keys()]
    }
  }
}

function countBackends(uses: Map<string, number>, { action }: RuleEntry, change: 1 | -1): void {
  if (action.type !== 'Route') return
  for (const backend of action.backends) {
    const name = backendName(backend)
    const count = (uses.get(name) ?? 0) + change
    if (count > 0) uses.set(name, count)
    else uses.delete(name)
  }
}

/**
 * The backends of a rule that are addresses. Endpoints of Services are not among them, because they are in entries of their
 * own.
 */
function addressesOf({ action }: RuleEntry): UriBackend[] {
  return action.type === 'Route' ? action.backends.filter((backend) => 'address' in backend) : []
}

function namesOf({ action }: RuleEntry): NameBackend[] {
  return action.type === 'Route' ? action.backends.filter((backend) => 'host' in backend) : []
}

function backendsOf({ action }: RuleEntry): readonly Backend[] {
  return action.type === 'Route' ? action.backends : []
}

function contactsOf({ action }: RuleEntry): readonly string[] {
  return action.type === 'Route' ? action.contactNetworks : []
}

function patternsOf(entry: TableEntry): string[] {
  switch (entry.kind) {
    case 'trunk':
      return numberPatterns(entry.called)
    case 'rule':
      return MATCH_CONDITIONS.flatMap((condition) => LOOKUP_ROWS[condition].patterns(entry))
    case 'service':
      return []
  }
}

function schedulesOf(entry: TableEntry): readonly Schedule[] {
  return entry.kind === 'rule' ? entry.schedule : []
}
