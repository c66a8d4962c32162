/**
 * One term of leadership: whatever changes is compiled, published and reported in the status of every object, until the term
 * ends. Level-triggered: each round looks at everything, so a round that failed costs time and nothing else.
 */

import type { ReaderReport } from '../../ingress/route-table/cache-head.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { decodeEntry, encodeEntry } from '../../ingress/route-table/table-codec.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
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

/** What a term reports. None of it may throw. */
export interface ReconcileListener {
  /** Conditions that an object has now. */
  onNews(news: ObjectNews): void
  /** An object is gone. */
  onGone(object: TableObject): void
  /** After each round: how many entries are held back from removal, and the keys. */
  onHeld(keys: ReadonlySet<string>): void
  /** A table went out. Milliseconds of its compilation. */
  onPublished(outcome: PublishOutcome, compileMs: number): void
  /** Milliseconds from the first change of a table to most pods running it. */
  onPropagated(milliseconds: number): void
  /** What pods reported: how many of them, and the version that most of them run. */
  onReaders(count: number, version: number | undefined): void
  /** Somebody of a later epoch has written: this term is over, or must get a later epoch than that. */
  onFenced(epoch: number): void
  onFault(code: string, message: string): void
}

export interface ReconcilerOptions {
  readonly watched: CompiledCollections
  readonly cache: TableCacheWriter
  readonly installation: string
  /** The name of the installation in statuses: what another one says there of its pods proves nothing. Undefined: any. */
  readonly speaksAs?: string | undefined
  readonly epoch: number
  /** Asked before each write. */
  readonly isLeader: () => boolean
  /** Of these namespaces, the ones whose rules may go in any number. */
  readonly removalsAllowed: (namespaces: readonly string[]) => Promise<ReadonlySet<string>>
  readonly clock: DatedClock
  readonly listener: ReconcileListener
}

export interface TableReconciler {
  /** Something may have changed. */
  touch(): void
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

export function startTableReconciler(options: ReconcilerOptions): TableReconciler {
  const reconciler = new Reconciler(options)
  reconciler.touch()
  return reconciler
}

/** What one round has made of the objects; `before`: what the table held until then. */
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
  /** What the cache held when this term began, then what this term has published. */
  #published: ReadonlyMap<string, TableEntry> | undefined
  #stopped = false
  #dirty = false
  #round: Promise<void> | undefined
  #retryMs = PUBLISH_RETRY_MS
  /** When the first change came that no pod has reported yet, and the version that brings it. */
  #changedAt: number | undefined
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
    // Changes that come in the same turn belong to the same round.
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
    const compiled = compiledTable(watched, this.#memory)
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

  /** The table that the pods have now. What cannot be read is nobody's to keep. */
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
    for (const gone of this.#progress.compiled(table.objects, { version, isHeld, wasThere })) {
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

  /** Who runs what: soon again while somebody waits for it. */
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
    this.#propagated(version)
    this.#reportNews()
    this.#lookForDamage(reports)
  }

  /** A pod that reports no version cannot read what the cache holds: not all of its damage shows in the head. */
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

  /** Somebody may have emptied the cache, or put an older copy in its place. */
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
