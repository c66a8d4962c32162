/** Publishes compiled tables as changes of what the shared cache holds, and puts right what others did to it. */

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
import { type HeldEntries, type HeldEntry, type TableDifference, tableDifference } from './table-difference.ts'

export interface PublisherOptions {
  readonly cache: TableCacheWriter
  /** Who writes: stays the same for the life of an installation, and differs between two. */
  readonly installation: string
  /** Term of leadership, for which this publisher lives. */
  readonly epoch: number
}

/**
 * `published` and `unchanged`: the cache holds the table as `version`. `fenced`: a later leader has written, this one must
 * stop. `refused`: nothing was published; `code` and `message` say why, and it is worth trying again.
 */
export type PublishOutcome =
  | { readonly type: 'published'; readonly version: number; readonly changed: number; readonly characters: number }
  | { readonly type: 'unchanged'; readonly version: number }
  | { readonly type: 'fenced'; readonly epoch: number }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }

export interface Publisher {
  /** Makes the cache hold these entries. Calls are carried out one after the other. */
  publish(entries: readonly TableEntry[]): Promise<PublishOutcome>
  /**
   * Makes the cache hold the table of the last `publish` if it no longer does. `head` costs three small commands; `entries`
   * reads the whole table and finds damaged entries too. Undefined before the first `publish`.
   */
  verify(depth: 'head' | 'entries'): Promise<PublishOutcome | undefined>
  /** Which pods run which position. Rejects where the cache cannot be read. */
  readers(): Promise<readonly ReaderReport[]>
}

/** What the cache holds, as far as is known. */
interface Known {
  readonly head: CacheHead
  readonly held: HeldEntries
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
  /** No version up to this is used again while there are others: some reader may run it. */
  floor: number
  /** The same for this epoch alone, where it always holds: a reader takes a later epoch whatever its version. */
  ownFloor: number
  /** The latest epoch that some reader runs, as of the last full read. */
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

/** Errors that a later try may not meet, as outcomes. What the cache holds is not known after them. */
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

/** Undefined where somebody else has changed the cache. */
async function tryToPublish(state: State, entries: readonly TableEntry[]): Promise<PublishOutcome | undefined> {
  const { epoch, installation } = state.options
  state.known ??= await readKnown(state)
  const { known } = state
  if (known !== undefined && known.head.installation !== installation) return foreign(known.head)
  const later = Math.max(state.laterEpoch, known?.head.epoch ?? 0)
  if (later > epoch) return { type: 'fenced', epoch: later }
  const difference = tableDifference(known?.held ?? new Map(), entries)
  if (known !== undefined && difference.changes.length === 0 && isCurrent(state, known.head)) {
    return { type: 'unchanged', version: known.head.version }
  }
  const version = nextVersion(state)
  // An epoch without a version left is over, as if a later leader had written: whoever leads goes on with the next.
  if (version === undefined) return { type: 'fenced', epoch }
  const checksum = checksumText(difference.checksum)
  const head = { installation, epoch, version, checksum, entries: difference.held.size }
  const result = await write(state, { known, head, difference, entries })
  return settle(state, result, { head, difference })
}

/** Undefined where this epoch has none left. */
function nextVersion({ floor, ownFloor }: State): number | undefined {
  if (floor < MAX_VERSION) return floor + 1
  return ownFloor < MAX_VERSION ? ownFloor + 1 : undefined
}

/** Some reader runs this position, or may take it at any moment. */
function mayRun(state: State, { epoch, version }: TablePosition): void {
  state.floor = Math.max(state.floor, version)
  if (epoch === state.options.epoch) state.ownFloor = Math.max(state.ownFloor, version)
}

/**
 * A table that is right is published again where it is of an earlier epoch, because only then is the earlier leader
 * refused, and where some reader runs a later version, because it would take no earlier one.
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
  if (result.type === 'conflict') return undefined
  if (result.type === 'fenced') return { type: 'fenced', epoch: result.head.epoch }
  if (result.type === 'foreign') return foreign(result.head)
  state.known = { head, held: difference.held }
  mayRun(state, head)
  const { changes, length } = difference
  return { type: 'published', version: head.version, changed: changes.length, characters: length }
}

function foreign(head: CacheHead): PublishOutcome {
  const message = `the keys of this prefix belong to installation ${head.installation}; give each installation its own prefix`
  return { type: 'refused', code: 'cache-foreign', message }
}

/** Reads what the cache holds; undefined where there is nothing, or nothing that can be used. */
async function readKnown(state: State): Promise<Known | undefined> {
  const { cache } = state.options
  state.laterEpoch = 0
  for (const report of await cache.readers()) {
    mayRun(state, report)
    state.laterEpoch = Math.max(state.laterEpoch, report.epoch)
  }
  const snapshot = await cache.snapshot().catch(nothingWhereDamaged)
  if (snapshot === undefined) return undefined
  const held = new Map<string, HeldEntry>()
  let checksum = EMPTY_CHECKSUM
  for (const [key, json] of snapshot.entries) {
    const hash = entryHash(key, json)
    held.set(key, { hash, entry: undefined })
    checksum = addHash(checksum, hash)
  }
  const { head } = snapshot
  mayRun(state, head)
  const whole = held.size === head.entries && checksumText(checksum) === head.checksum
  if (whole || head.installation !== state.options.installation) return { head, held }
  return undefined
}

/** Damage is written over; a table of another version of the program is not. */
export function nothingWhereDamaged(error: unknown): undefined {
  if (error instanceof CacheContentError && error.code === 'cache-content') return undefined
  throw error
}

/** Whether the cache still holds what this publisher knows, and no reader runs anything later. */
async function isInStep({ options, known }: State, depth: 'head' | 'entries'): Promise<boolean> {
  // Reading anew checks every entry.
  if (known === undefined || depth === 'entries') return false
  const { cache } = options
  const head = await cache.head().catch(nothingWhereDamaged)
  if (head === undefined || encodeHead(head) !== encodeHead(known.head)) return false
  if ((await cache.size()) !== known.head.entries) return false
  const reports = await cache.readers()
  return reports.every((report) => comparePositions(report, known.head) <= 0)
}
