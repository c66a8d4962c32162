import { PatternError } from '../lookup/patterns.ts'
import { TimeZoneError } from '../lookup/schedules.ts'
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, comparePositions } from '../route-table/cache-head.ts'
import type { LogRecord } from '../route-table/cache-log.ts'
import type { FaultReporter } from './fault-reporter.ts'
import { FIRST_RETRY_MS, FOLLOW_WAIT_MS, LONGEST_RETRY_MS, RELOAD_SPREAD_MS } from './limits.ts'
import type { TableCacheReader } from './table-cache.ts'
import type { TableChange } from './table-journal.ts'
import type { TableReplica } from './table-replica.ts'

/** Follows the shared cache until it is closed. */
export interface TableFollower {
  close(): Promise<void>
}

export interface TableFollowerOptions {
  /** This cache is closed when the follower is closed. */
  readonly cache: TableCacheReader
  readonly replica: TableReplica
  /** Reports faults of the table as a whole. */
  readonly faults: FaultReporter
  /** Reports faults of the changes in the log. */
  readonly logFaults: FaultReporter
  /** Called after each change of the table. `change` is absent if a whole table was loaded. */
  readonly onSwap: (change?: TableChange) => void
  /** A random number from 0 up to 1. With it, pods read the whole table at different moments. */
  readonly fraction: () => number
  /** Called when the cache has confirmed that its table is the live table. */
  readonly onContact: () => void
  /** Called after each check of the whole table. `readable`: whether the part that was read can be used. */
  readonly onTableRead: (readable: boolean) => void
}

/** Starts at once. If the cache is not available, the follower tries again until it is. */
export function startTableFollower(options: TableFollowerOptions): TableFollower {
  const { cache, faults } = options
  const pause = createPause()
  const end = new AbortController()
  const context: FollowerContext = { ...options, wait: (milliseconds) => pause.wait(milliseconds) }
  const follow = async (): Promise<void> => {
    let failures = 0
    let current = await tryOnce(() => synchronise(context))
    while (!end.signal.aborted) {
      if (current) {
        failures = 0
      } else {
        await pause.wait(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++))
      }
      if (!end.signal.aborted) current = await tryOnce(() => step(context))
    }
  }
  /** Runs the work once. A failure is reported, and the next attempt may succeed. */
  const tryOnce = async (work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work()
    } catch (error) {
      if (!end.signal.aborted) faults.report(error)
      return false
    }
  }
  const followed = follow()
  return {
    async close() {
      end.abort()
      pause.end()
      cache.close()
      await followed
    },
  }
}

interface FollowerContext extends TableFollowerOptions {
  /** Resolves after the time. Resolves earlier if the follower is closed. */
  readonly wait: (milliseconds: number) => Promise<void>
}

/**
 * Applies the changes that have come. If no change comes for a while, or a change does not fit, the head of the cache is
 * read. Returns false if the next step must come after a pause.
 */
async function step(options: FollowerContext): Promise<boolean> {
  const taken = await takeNext(options)
  if (taken === 'all') return true
  const current = await synchronise(options)
  return taken === 'none' || (taken === 'some' && current)
}

/**
 * Reads the log once. Returns `some` if a record did not fit the current table, and `damaged` after a fault that was
 * reported to `logFaults`. After `damaged`, the table in the cache may still be good.
 */
async function takeNext(options: TableFollowerOptions): Promise<'all' | 'none' | 'some' | 'damaged'> {
  const { cache, replica, logFaults } = options
  try {
    const records = await cache.next(replica.head?.version ?? 0, FOLLOW_WAIT_MS)
    const takenAll = await takeAll(options, records)
    logFaults.clear()
    if (!takenAll) return 'some'
    return records.length === 0 ? 'none' : 'all'
  } catch (error) {
    if (!isContentError(error)) throw error
    logFaults.report(error)
    return 'damaged'
  }
}

/** Whether the content of the cache is at fault, and not the way to it. */
function isContentError(error: unknown): boolean {
  return error instanceof CacheContentError || error instanceof PatternError || error instanceof TimeZoneError
}

/** Applies records. Returns false at the first record that does not fit the current table. */
async function takeAll(options: TableFollowerOptions, records: readonly LogRecord[]): Promise<boolean> {
  for (const record of records) {
    if (record.type !== 'delta' || !(await options.replica.apply(record))) return false
    options.onSwap(record)
  }
  if (records.length > 0) confirm(options)
  return true
}

/** Loads the whole table if the cache has a newer one. Returns true if the replica now equals the table of the cache. */
async function synchronise(options: FollowerContext): Promise<boolean> {
  try {
    const current = await catchUp(options)
    options.onTableRead(true)
    return current
  } catch (error) {
    if (error instanceof CacheContentError) options.onTableRead(false)
    throw error
  }
}

async function catchUp(options: FollowerContext): Promise<boolean> {
  const { cache, replica, onSwap } = options
  const head = await cache.head()
  const own = replica.head
  if (!isUsable(options, head)) return false
  if (own === undefined || comparePositions(head, own) > 0 || head.checksum !== own.checksum) {
    // A pod that serves waits a random time here. A pod without a table reads at once.
    if (own !== undefined) await options.wait(options.fraction() * head.entries * RELOAD_SPREAD_MS)
    const snapshot = await cache.snapshot()
    if (snapshot === undefined || !isUsable(options, snapshot.head)) return false
    await replica.load(snapshot)
    onSwap()
  }
  confirm(options)
  return true
}

/**
 * Whether the table with this head may be loaded. A table older than the one in use is never loaded, because it would bring
 * back rules that were removed.
 */
function isUsable({ replica, faults }: TableFollowerOptions, head: CacheHead | undefined): head is CacheHead {
  if (head === undefined) {
    faults.reportFault('cache-empty', 'the shared cache holds no table: the operator writes it when it next looks')
    return false
  }
  const own = replica.head
  if (own === undefined || comparePositions(head, own) >= 0) return true
  const [theirs, ours] = [positionText(head), positionText(own)]
  faults.reportFault(
    'cache-older',
    `the shared cache holds ${theirs}, older than ${ours} here: the operator writes it anew`,
  )
  return false
}

function positionText({ epoch, version }: CacheHead): string {
  return `version ${version} of epoch ${epoch}`
}

function confirm({ faults, onContact }: TableFollowerOptions): void {
  faults.clear()
  onContact()
}

/** A wait that another function can end early. */
function createPause() {
  let ended = false
  let wake = (): void => undefined
  return {
    async wait(milliseconds: number): Promise<void> {
      if (ended) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds).unref()
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
    end(): void {
      ended = true
      wake()
    },
  }
}
