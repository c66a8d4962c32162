/**
 * One term of leadership. Until the term ends, it compiles all changes, publishes them, and reports the result in the status of
 * every object. Each round reads all objects again, and not only the changes. So a failed round loses no change: the next round
 * reads everything again.
 */

import type { ReaderReport } from '../../ingress/route-table/cache-head.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { decodeEntry, encodeEntry } from '../../ingress/route-table/table-codec.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { downForMostPods } from '../kubernetes-writes/backends-healthy.ts'
import { storedInstallation } from '../kubernetes-writes/installation.ts'
import { versionOfMostReaders } from '../kubernetes-writes/programmed.ts'
import { createPublisher, type Publisher, type PublishOutcome } from '../publish/publisher.ts'
import type { TableCacheWriter } from '../publish/table-cache-writer.ts'
import {
  type CompiledCollections,
  type CompiledTable,
  compiledTable,
  createTableMemory,
  type TableObject,
  withLastServices,
} from './compiled-table.ts'
import {
  HELD_REVIEW_MS,
  PUBLISH_RETRY_LIMIT_MS,
  PUBLISH_RETRY_MS,
  READERS_IDLE_POLL_MS,
  READERS_POLL_MS,
  VERIFY_DAMAGE_MS,
  VERIFY_ENTRIES_MS,
  VERIFY_HEAD_MS,
} from './limits.ts'
import { createObjectProgress, type ObjectNews } from './object-progress.ts'
import { createRemovalGuard, namespaceOf } from './removal-guard.ts'
import { usableEntries } from './usable-entries.ts'

/** Receives the reports of a term. Its functions must not throw. */
export interface ReconcileListener {
  /** An object has new conditions. */
  onNews(news: ObjectNews): void
  /** An object has been deleted. */
  onGone(object: TableObject): void
  /** Is called in each round. `keys`: the entries that stay in the table because their removal is held. */
  onHeld(keys: ReadonlySet<string>): void
  /**
   * Is called with the outcome of publishing a table. `compileMs`: how many milliseconds the compilation of this table took.
   */
  onPublished(outcome: PublishOutcome, compileMs: number): void
  /**
   * Is called when most pods have reported that they run a table. `milliseconds`: the time since the first change in this
   * table.
   */
  onPropagated(milliseconds: number): void
  /** Is called when pods have reported. `count`: the number of pods. `version`: the version that most of them run. */
  onReaders(count: number, version: number | undefined): void
  /** A writer with a later epoch has written. This term must end, or get an epoch higher than `epoch`. */
  onFenced(epoch: number): void
  onFault(code: string, message: string): void
}

export interface ReconcilerOptions {
  readonly watched: CompiledCollections
  /** Names of backends that do not resolve from here. If absent, nobody looks them up. */
  readonly unresolvedNames?: () => ReadonlyMap<string, string>
  readonly cache: TableCacheWriter
  readonly installation: string
  /**
   * The name of this installation in statuses. A status that another installation has written says nothing about the pods of
   * this installation. If undefined, the statuses of all installations count.
   */
  readonly speaksAs?: string | undefined
  readonly epoch: number
  /** Is called before each write. */
  readonly isLeader: () => boolean
  /** Returns those of the given namespaces that allow mass deletions. No removal of their entries is held. */
  readonly removalsAllowed: (namespaces: readonly string[]) => Promise<ReadonlySet<string>>
  readonly clock: DatedClock
  readonly listener: ReconcileListener
}

export interface TableReconciler {
  /** Must be called when something may have changed. */
  touch(): void
  /** Stops the term. Resolves when no round is in progress. */
  stop(): Promise<void>
}

export function startTableReconciler(options: ReconcilerOptions): TableReconciler {
  const reconciler = new Reconciler(options)
  reconciler.touch()
  return reconciler
}

/** The result of one round. `before`: the entries that the table had before this round. */
interface Round {
  readonly table: CompiledTable
  readonly held: ReadonlySet<string>
  readonly entries: ReadonlyMap<string, TableEntry>
  readonly before: ReadonlyMap<string, TableEntry>
}

function sameEntry(a: TableEntry | undefined, b: TableEntry | undefined): boolean {
  return a !== undefined && b !== undefined && (a === b || encodeEntry(a) === encodeEntry(b))
}

type TimerName = 'retry' | 'review' | 'readers' | 'head' | 'entries' | 'damage'

class Reconciler implements TableReconciler {
  readonly #options: ReconcilerOptions
  readonly #publisher: Publisher
  readonly #guard = createRemovalGuard()
  readonly #progress = createObjectProgress()
  readonly #memory = createTableMemory()
  readonly #timers = new Map<TimerName, () => void>()
  /** All entries of the published table. The first round of the term reads them from the cache. Undefined before that. */
  #published: ReadonlyMap<string, TableEntry> | undefined
  #stopped = false
  #dirty = false
  #round: Promise<void> | undefined
  #retryMs = PUBLISH_RETRY_MS
  /** The time of the first change that is not published yet. Undefined if there is no such change. */
  #changedAt: number | undefined
  /** A published version that most pods do not report yet. `since`: when the first change in this version happened. */
  #awaited: { readonly version: number; readonly since: number } | undefined

  constructor(options: ReconcilerOptions) {
    this.#options = options
    const { cache, installation, epoch } = options
    this.#publisher = createPublisher({ cache, installation, epoch })
  }

  touch(): void {
    this.#dirty = true
    this.#changedAt ??= this.#options.clock.now()
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    await this.#round
  }

  async #rounds(): Promise<void> {
    // Changes in the same turn of the event loop are handled in one round.
    await Promise.resolve()
    while (this.#dirty && this.#mayGoOn()) {
      this.#dirty = false
      try {
        await this.#reconcile()
      } catch (error) {
        this.#fault('reconcile-failed', error)
        this.#retry()
      }
    }
  }

  #mayGoOn(): boolean {
    return !this.#stopped && this.#options.isLeader()
  }

  async #reconcile(): Promise<void> {
    const { clock, watched } = this.#options
    const startedAt = clock.now()
    const compiled = compiledTable(watched, this.#memory, this.#options.unresolvedNames?.())
    const compileMs = clock.now() - startedAt
    this.#published ??= await this.#inCache()
    const table = watched.servicesKnown ? compiled : withLastServices(compiled, this.#published)
    const held = await this.#held(table, this.#published)
    const entries = usableEntries(table.entries, this.#published, (key, problem) => {
      this.#fault('entry-unusable', `${key} is left as it was: ${problem}; report it as a defect`)
    })
    for (const key of held) {
      const entry = this.#published.get(key)
      if (entry) entries.set(key, entry)
    }
    if (!this.#mayGoOn()) return
    const before = this.#published
    const outcome = await this.#publisher.publish([...entries.values()])
    this.#options.listener.onPublished(outcome, compileMs)
    this.#settled(outcome, { table, held, entries, before })
  }

  /** The table that the pods have now. Entries that cannot be read are missing, so they are not protected against removal. */
  async #inCache(): Promise<ReadonlyMap<string, TableEntry>> {
    const entries = new Map<string, TableEntry>()
    const snapshot = await this.#options.cache.snapshot().catch((error: unknown) => {
      this.#fault('cache-unreadable', error)
      return undefined
    })
    for (const [key, json] of snapshot?.entries ?? []) {
      try {
        entries.set(key, decodeEntry(key, json))
      } catch (error) {
        this.#fault('cache-entry-damaged', error)
      }
    }
    return entries
  }

  async #held(table: CompiledTable, published: ReadonlyMap<string, TableEntry>): Promise<ReadonlySet<string>> {
    const next = table.entries
    const now = this.#options.clock.now()
    const all = this.#guard.held({ published: published.keys(), next, allowed: () => false }, now)
    if (all.size === 0) return this.#reportHeld(all)
    const namespaces = [...new Set([...all].map(namespaceOf))]
    const allowed = await this.#options.removalsAllowed(namespaces)
    const change = { published: published.keys(), next, allowed: (name: string) => allowed.has(name) }
    return this.#reportHeld(this.#guard.held(change, now))
  }

  #reportHeld(held: ReadonlySet<string>): ReadonlySet<string> {
    this.#options.listener.onHeld(held)
    if (held.size > 0) this.#after('review', HELD_REVIEW_MS, () => this.touch())
    return held
  }

  #settled(outcome: PublishOutcome, { table, held, entries, before }: Round): void {
    let version: number | undefined
    switch (outcome.type) {
      case 'fenced':
        return this.#options.listener.onFenced(outcome.epoch)
      case 'refused':
        this.#fault(outcome.code, outcome.message)
        this.#retry()
        break
      case 'published':
      case 'unchanged':
        version = outcome.version
        this.#published = entries
        this.#retryMs = PUBLISH_RETRY_MS
        this.#await(outcome)
    }
    const isHeld = (object: TableObject): boolean => !object.inTable && held.has(object.tableKey)
    const wasThere = ({ tableKey, status }: TableObject): boolean =>
      this.#isOwn(status) && sameEntry(before.get(tableKey), entries.get(tableKey))
    const entryOf = ({ tableKey }: TableObject): TableEntry | undefined => entries.get(tableKey)
    for (const gone of this.#progress.compiled(table.objects, { version, isHeld, wasThere, entryOf })) {
      this.#options.listener.onGone(gone)
    }
    this.#reportNews()
    void this.#readReaders()
    if (!this.#timers.has('head')) this.#verifyLater('head', VERIFY_HEAD_MS)
    if (!this.#timers.has('entries')) this.#verifyLater('entries', VERIFY_ENTRIES_MS)
  }

  #isOwn(status: unknown): boolean {
    const { speaksAs } = this.#options
    return speaksAs === undefined || (storedInstallation(status)?.name ?? speaksAs) === speaksAs
  }

  #await(outcome: PublishOutcome): void {
    const since = this.#changedAt
    if (!this.#dirty) this.#changedAt = undefined
    if (outcome.type === 'published' && since !== undefined) this.#awaited = { version: outcome.version, since }
  }

  #reportNews(): void {
    for (const news of this.#progress.changed()) this.#options.listener.onNews(news)
  }

  /** Reads which version each pod runs. While the term waits for a version, the next read follows soon. */
  async #readReaders(): Promise<void> {
    try {
      this.#takeReports(await this.#publisher.readers())
    } catch (error) {
      this.#fault('cache-readers-unreadable', error)
    }
    const waiting = this.#progress.waiting || this.#awaited !== undefined
    this.#after('readers', waiting ? READERS_POLL_MS : READERS_IDLE_POLL_MS, () => void this.#readReaders())
  }

  #takeReports(reports: readonly ReaderReport[]): void {
    if (this.#stopped) return
    const version = versionOfMostReaders(reports.map((report) => report.version))
    this.#options.listener.onReaders(reports.length, version)
    this.#progress.readersAt(version)
    this.#progress.backendsDown(downForMostPods(reports))
    this.#propagated(version)
    this.#reportNews()
    this.#lookForDamage(reports)
  }

  /**
   * If a pod reports version 0, it cannot read the table in the cache. The head does not show every damage, so all entries are
   * checked.
   */
  #lookForDamage(reports: readonly ReaderReport[]): void {
    if (this.#timers.has('damage') || reports.every(({ version }) => version > 0)) return
    this.#after('damage', VERIFY_DAMAGE_MS, () => undefined)
    void this.#verify('entries')
  }

  #propagated(version: number | undefined): void {
    if (!this.#awaited || version === undefined || version < this.#awaited.version) return
    this.#options.listener.onPropagated(this.#options.clock.now() - this.#awaited.since)
    this.#awaited = undefined
  }

  /**
   * Sets a timer for the next check. The checks are repeated, because somebody may empty the cache at any time, or replace its
   * content with an older copy.
   */
  #verifyLater(depth: 'head' | 'entries', ms: number): void {
    this.#after(depth, ms, () => {
      void this.#verify(depth).finally(() => this.#verifyLater(depth, ms))
    })
  }

  async #verify(depth: 'head' | 'entries'): Promise<void> {
    if (!this.#mayGoOn() || this.#round) return
    try {
      const outcome = await this.#publisher.verify(depth)
      switch (outcome?.type) {
        case 'published':
          return this.#options.listener.onPublished(outcome, 0)
        case 'fenced':
          return this.#options.listener.onFenced(outcome.epoch)
        case 'refused':
          this.#fault(outcome.code, outcome.message)
          return this.#retry()
        case 'unchanged':
        case undefined:
      }
    } catch (error) {
      this.#fault('cache-verify-failed', error)
    }
  }

  #retry(): void {
    this.#after('retry', this.#retryMs, () => this.touch())
    this.#retryMs = Math.min(this.#retryMs * 2, PUBLISH_RETRY_LIMIT_MS)
  }

  #after(name: TimerName, ms: number, run: () => void): void {
    this.#timers.get(name)?.()
    if (this.#stopped) return
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(name)
      run()
    })
    this.#timers.set(name, cancel)
  }

  #fault(code: string, error: unknown): void {
    const message = errorText(error)
    this.#options.listener.onFault(code, message)
  }
}
