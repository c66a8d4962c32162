import { PatternError } from '../lookup/patterns.ts'
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, comparePositions } from '../route-table/cache-head.ts'
import type { LogRecord } from '../route-table/cache-log.ts'
import type { FaultTeller } from './fault-teller.ts'
import { FIRST_RETRY_MS, FOLLOW_WAIT_MS, LONGEST_RETRY_MS, RELOAD_SPREAD_MS } from './limits.ts'
import type { TableCacheReader } from './table-cache.ts'
import type { TableChange } from './table-journal.ts'
import type { TableReplica } from './table-replica.ts'

/** Follows the shared cache until it is closed. */
export interface TableFollower {
  close(): Promise<void>
}

export interface TableFollowerOptions {
  /** Closed with the follower. */
  readonly cache: TableCacheReader
  readonly replica: TableReplica
  /** What is wrong with the table as a whole. */
  readonly faults: FaultTeller
  /** What is wrong with the changes of it. */
  readonly logFaults: FaultTeller
  /** Told with the change where the table has changed by one, without where it came as a whole. */
  readonly onSwap: (change?: TableChange) => void
  /** A number from 0 up to 1, by chance: keeps pods from reading the whole table at the same moment. */
  readonly fraction: () => number
  /** The cache has confirmed that the replica is what it holds. */
  readonly onContact: () => void
  /** After each look at the whole table: whether it can be used as far as it was read. */
  readonly onLook: (readable: boolean) => void
}

/** Starts at once, whether the cache can be had or not. */
export function startTableFollower(options: TableFollowerOptions): TableFollower {
  const { cache, faults } = options
  const pause = createPause()
  const end = new AbortController()
  const following: Following = { ...options, wait: (milliseconds) => pause.wait(milliseconds) }
  const follow = async (): Promise<void> => {
    let failures = 0
    let current = await tryOnce(() => synchronise(following))
    while (!end.signal.aborted) {
      if (current) {
        failures = 0
      } else {
        await pause.wait(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++))
      }
      if (!end.signal.aborted) current = await tryOnce(() => step(following))
    }
  }
  /** Whatever fails heals by being tried again. */
  const tryOnce = async (work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work()
    } catch (error) {
      if (!end.signal.aborted) faults.failed(error)
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

interface Following extends TableFollowerOptions {
  /** Resolves at once when the follower is closed. */
  readonly wait: (milliseconds: number) => Promise<void>
}

/**
 * Takes the changes that have come; where there are none for a while, or they do not fit, looks at the head. False: not
 * before a pause again.
 */
async function step(options: Following): Promise<boolean> {
  const taken = await takeNext(options)
  if (taken === 'all') return true
  const current = await synchronise(options)
  return taken === 'none' || (taken === 'some' && current)
}

/** `some`: a record is no change of the table that is there. `damaged`: told to `logFaults`, the table may be well. */
async function takeNext(options: TableFollowerOptions): Promise<'all' | 'none' | 'some' | 'damaged'> {
  const { cache, replica, logFaults } = options
  try {
    const records = await cache.next(replica.head?.version ?? 0, FOLLOW_WAIT_MS)
    const takenAll = await takeAll(options, records)
    logFaults.well()
    if (!takenAll) return 'some'
    return records.length === 0 ? 'none' : 'all'
  } catch (error) {
    if (!(error instanceof CacheContentError || error instanceof PatternError)) throw error
    logFaults.failed(error)
    return 'damaged'
  }
}

/** False at the first record that is no change of the table that is there. */
async function takeAll(options: TableFollowerOptions, records: readonly LogRecord[]): Promise<boolean> {
  for (const record of records) {
    if (record.type !== 'delta' || !(await options.replica.apply(record))) return false
    options.onSwap(record)
  }
  if (records.length > 0) confirm(options)
  return true
}

/** Loads the table anew if the cache holds a newer one. True where the replica then is what the cache holds. */
async function synchronise(options: Following): Promise<boolean> {
  try {
    const current = await catchUp(options)
    options.onLook(true)
    return current
  } catch (error) {
    if (error instanceof CacheContentError) options.onLook(false)
    throw error
  }
}

async function catchUp(options: Following): Promise<boolean> {
  const { cache, replica, onSwap } = options
  const head = await cache.head()
  const own = replica.head
  if (!isUsable(options, head)) return false
  if (own === undefined || comparePositions(head, own) > 0 || head.checksum !== own.checksum) {
    // A pod that serves can wait for its turn; one that has nothing to serve cannot.
    if (own !== undefined) await options.wait(options.fraction() * head.entries * RELOAD_SPREAD_MS)
    const snapshot = await cache.snapshot()
    if (snapshot === undefined || !isUsable(options, snapshot.head)) return false
    await replica.load(snapshot)
    onSwap()
  }
  confirm(options)
  return true
}

/** An older table than one that this pod has run is never loaded: it would bring back rules that are gone. */
function isUsable({ replica, faults }: TableFollowerOptions, head: CacheHead | undefined): head is CacheHead {
  if (head === undefined) {
    faults.fault('cache-empty', 'the shared cache holds no table: the operator writes it when it next looks')
    return false
  }
  const own = replica.head
  if (own === undefined || comparePositions(head, own) >= 0) return true
  const [theirs, ours] = [positionText(head), positionText(own)]
  faults.fault('cache-older', `the shared cache holds ${theirs}, older than ${ours} here: the operator writes it anew`)
  return false
}

function positionText({ epoch, version }: CacheHead): string {
  return `version ${version} of epoch ${epoch}`
}

function confirm({ faults, onContact }: TableFollowerOptions): void {
  faults.well()
  onContact()
}

/** A wait that can be ended from outside. */
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
