/**
 * Publishes compiled tables. It writes only what differs from the table in the shared cache. If another writer has changed that
 * table, the publisher corrects it.
 */

import { CacheError } from '../../ingress/cache-connection/cache-error.ts'
import { CacheContentError } from '../../ingress/route-table/cache-content-error.ts'
import {
  type CacheHead,
  comparePositions,
  encodeHead,
  type ReaderReport,
  type TablePosition,
} from '../../ingress/route-table/cache-head.ts'
import { MAX_VERSION } from '../../ingress/route-table/limits.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { addHash, checksumText, EMPTY_CHECKSUM, entryHash } from '../../ingress/route-table/table-checksum.ts'
import { encodeEntry } from '../../ingress/route-table/table-codec.ts'
import { MAX_DELTA_LENGTH, MAX_PUBLISH_TRIES } from './limits.ts'
import type { TableCacheWriter, WriteResult } from './table-cache-writer.ts'
import { type KnownEntries, type KnownEntry, type TableDifference, tableDifference } from './table-difference.ts'

export interface PublisherOptions {
  readonly cache: TableCacheWriter
  /** The identifier of the installation that writes. It never changes, and no other installation has the same identifier. */
  readonly installation: string
  /** The epoch of the leader. Each term of leadership makes its own publisher. */
  readonly epoch: number
}

/**
 * How a publication ended. `published`, `unchanged`: the cache has the table under `version`. `fenced`: a later leader has
 * written, so this leader must stop. `refused`: nothing was published. `code` and `message` say why, and a later attempt may
 * succeed.
 */
export type PublishOutcome =
  | { readonly type: 'published'; readonly version: number; readonly changed: number; readonly characters: number }
  | { readonly type: 'unchanged'; readonly version: number }
  | { readonly type: 'fenced'; readonly epoch: number }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }

export interface Publisher {
  /**
   * Changes the cache so that it has exactly these entries. Calls of `publish` and `verify` are carried out one after the
   * other.
   */
  publish(entries: readonly TableEntry[]): Promise<PublishOutcome>
  /**
   * Checks whether the cache still has the table of the last `publish`. If it does not, publishes the table again. `head` needs
   * only three small commands. `entries` reads the whole table, so it also finds damaged entries. Returns undefined before the
   * first `publish`.
   */
  verify(depth: 'head' | 'entries'): Promise<PublishOutcome | undefined>
  /** Returns the position (epoch and version) of the table that each pod runs. Rejects if the cache cannot be read. */
  readers(): Promise<readonly ReaderReport[]>
}

/** The content of the cache after the last read or write. */
interface Known {
  readonly head: CacheHead
  readonly entries: KnownEntries
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { cache } = options
  const state: State = { options, known: undefined, floor: 0, ownFloor: 0, laterEpoch: 0, desired: undefined }
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
  return {
    publish: (entries) =>
      inTurn(() => {
        state.desired = entries
        return bringIn(state, entries)
      }),
    verify: (depth) =>
      inTurn(async () => {
        const { desired } = state
        if (desired === undefined) return undefined
        return guarded(state, async () => {
          if (!(await isInStep(state, depth))) state.known = undefined
          return bringIn(state, desired)
        })
      }),
    readers: () => cache.readers(),
  }
}

interface State {
  readonly options: PublisherOptions
  known: Known | undefined
  /**
   * New versions are higher than `floor`, because some reader may run a version up to `floor`. If `floor` has reached
   * MAX_VERSION, only `ownFloor` counts.
   */
  floor: number
  /**
   * The highest version of this epoch. New versions are higher than this version. Readers of earlier epochs are not counted
   * here, because they accept every version of a later epoch.
   */
  ownFloor: number
  /** The highest epoch of all readers at the last full read. */
  laterEpoch: number
  desired: readonly TableEntry[] | undefined
}

async function bringIn(state: State, entries: readonly TableEntry[]): Promise<PublishOutcome> {
  return guarded(state, async () => {
    for (let i = 0; i < MAX_PUBLISH_TRIES; i++) {
      const outcome = await tryToPublish(state, entries)
      if (outcome !== undefined) return outcome
      state.known = undefined
    }
    return {
      type: 'refused',
      code: 'cache-conflict',
      message: 'the shared cache was changed by somebody else meanwhile',
    }
  })
}

/**
 * Does the work. If an error occurs after which a later attempt may succeed, returns an outcome. After any error, the content
 * of the cache counts as unknown.
 */
async function guarded(state: State, work: () => Promise<PublishOutcome>): Promise<PublishOutcome> {
  try {
    return await work()
  } catch (error) {
    state.known = undefined
    if (error instanceof CacheError || error instanceof CacheContentError) {
      return { type: 'refused', code: error.code, message: error.message }
    }
    throw error
  }
}

/** Makes one attempt to publish. Returns undefined if another writer has changed the cache. */
async function tryToPublish(state: State, entries: readonly TableEntry[]): Promise<PublishOutcome | undefined> {
  const { epoch, installation } = state.options
  state.known ??= await readKnown(state)
  const { known } = state
  if (known !== undefined && known.head.installation !== installation) return foreign(known.head)
  const later = Math.max(state.laterEpoch, known?.head.epoch ?? 0)
  if (later > epoch) return { type: 'fenced', epoch: later }
  const difference = tableDifference(known?.entries ?? new Map(), entries)
  if (known !== undefined && difference.changes.length === 0 && isCurrent(state, known.head)) {
    return { type: 'unchanged', version: known.head.version }
  }
  const version = nextVersion(state)
  // All versions of this epoch are used. With the outcome `fenced`, the leader takes the next epoch.
  if (version === undefined) return { type: 'fenced', epoch }
  const checksum = checksumText(difference.checksum)
  const head = { installation, epoch, version, checksum, entries: difference.after.size }
  const result = await write(state, { known, head, difference, entries })
  return settle(state, result, { head, difference })
}

/** The version of the next publication. Undefined if all versions of this epoch are used. */
function nextVersion({ floor, ownFloor }: State): number | undefined {
  if (floor < MAX_VERSION) return floor + 1
  return ownFloor < MAX_VERSION ? ownFloor + 1 : undefined
}

/** Stores that some reader runs the table of this position, or may take it at any moment. */
function mayRun(state: State, { epoch, version }: TablePosition): void {
  state.floor = Math.max(state.floor, version)
  if (epoch === state.options.epoch) state.ownFloor = Math.max(state.ownFloor, version)
}

/**
 * Whether the head in the cache may stay. If it may not, the table is published again, although its entries are correct. The
 * head must have this leader's epoch, because only then does the cache refuse an earlier leader. If a reader of this epoch runs
 * a higher version than the head, that reader would ignore the head.
 */
function isCurrent({ options, ownFloor }: State, head: CacheHead): boolean {
  return head.epoch === options.epoch && head.version >= ownFloor
}

interface Publication {
  readonly known: Known | undefined
  readonly head: CacheHead
  readonly difference: TableDifference
  readonly entries: readonly TableEntry[]
}

function write({ options }: State, { known, head, difference, entries }: Publication): Promise<WriteResult> {
  const { cache } = options
  if (known !== undefined && difference.length <= MAX_DELTA_LENGTH) {
    return cache.publish({ expected: known.head, head, changes: difference.changes })
  }
  return cache.replace({ head, entries: texts(entries) })
}

function* texts(entries: readonly TableEntry[]): Generator<readonly [string, string]> {
  for (const entry of entries) yield [entryKey(entry), encodeEntry(entry)]
}

function settle(
  state: State,
  result: WriteResult,
  { head, difference }: Pick<Publication, 'head' | 'difference'>,
): PublishOutcome | undefined {
  switch (result.type) {
    case 'conflict':
      return undefined
    case 'fenced':
      return { type: 'fenced', epoch: result.head.epoch }
    case 'foreign':
      return foreign(result.head)
    case 'published': {
      state.known = { head, entries: difference.after }
      mayRun(state, head)
      const { changes, length } = difference
      return { type: 'published', version: head.version, changed: changes.length, characters: length }
    }
  }
}

function foreign(head: CacheHead): PublishOutcome {
  const message = `the keys of this prefix belong to installation ${head.installation}; give each installation its own prefix`
  return { type: 'refused', code: 'cache-foreign', message }
}

/** Reads the content of the cache. Undefined if the cache has no table or a damaged one. */
async function readKnown(state: State): Promise<Known | undefined> {
  const { cache } = state.options
  state.laterEpoch = 0
  for (const report of await cache.readers()) {
    mayRun(state, report)
    state.laterEpoch = Math.max(state.laterEpoch, report.epoch)
  }
  const snapshot = await cache.snapshot().catch(nothingWhereDamaged)
  if (snapshot === undefined) return undefined
  const entries = new Map<string, KnownEntry>()
  let checksum = EMPTY_CHECKSUM
  for (const [key, json] of snapshot.entries) {
    const hash = entryHash(key, json)
    entries.set(key, { hash, entry: undefined })
    checksum = addHash(checksum, hash)
  }
  const { head } = snapshot
  mayRun(state, head)
  const whole = entries.size === head.entries && checksumText(checksum) === head.checksum
  if (whole || head.installation !== state.options.installation) return { head, entries }
  return undefined
}

/**
 * Returns undefined if the table is damaged; the caller may then overwrite it. Throws every other error again. So a table that
 * another version of the program has written is not overwritten.
 */
export function nothingWhereDamaged(error: unknown): undefined {
  if (error instanceof CacheContentError && error.code === 'cache-content') return undefined
  throw error
}

/** Whether the cache still has the table that this publisher knows, and no reader runs a later table. */
async function isInStep({ options, known }: State, depth: 'head' | 'entries'): Promise<boolean> {
  // If the result is false, the caller reads the whole table again. This reading checks every entry.
  if (known === undefined || depth === 'entries') return false
  const { cache } = options
  const head = await cache.head().catch(nothingWhereDamaged)
  if (head === undefined || encodeHead(head) !== encodeHead(known.head)) return false
  if ((await cache.size()) !== known.head.entries) return false
  const reports = await cache.readers()
  return reports.every((report) => comparePositions(report, known.head) <= 0)
}
