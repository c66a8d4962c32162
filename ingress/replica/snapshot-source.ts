/** Keeps the live table in step with the shared cache, and says which version it runs. */

import type { LiveTable } from '../lookup/live-table.ts'
import type { TablePosition } from '../route-table/cache-head.ts'
import { createFaultTeller } from './fault-teller.ts'
import { createPositionReporter, type PositionReporter } from './position-reporter.ts'
import type { TableCacheReader } from './table-cache.ts'
import { readTableFile } from './table-file.ts'
import { startTableFollower } from './table-follower.ts'
import { readJournal, type TableChange } from './table-journal.ts'
import { createTableKeeper, type FoundTable, type TableKeeper } from './table-keeper.ts'
import { createTableReplica, type TableReplica } from './table-replica.ts'

export interface SnapshotSourceOptions {
  /** Closed with the source. */
  readonly cache: TableCacheReader
  readonly table: LiveTable
  /** Name under which the version is reported. */
  readonly pod: string
  /** Where the last good table is kept; undefined: nowhere. */
  readonly file: string | undefined
  /** After each change of the live table, that from the file included. */
  readonly onSwap: () => void
  /** A number from 0 up to 1, by chance. */
  readonly fraction: () => number
  /** Each time the cache has confirmed that the live table is what it holds. */
  readonly onContact: () => void
  /** Whether the disk holds the live table: told at each write, and never without a file. */
  readonly onDisk: (holds: boolean) => void
  /** Told what is wrong once, and again after it was well in between or has become something else. */
  readonly onFault: (code: string, message: string) => void
}

export interface SnapshotSource {
  /** Stops following, and writes the file if it is not up to date. */
  close(): Promise<void>
}

/**
 * Serves from the file, if there is one, when it resolves; everything else it does from then on, whether the cache can be
 * had or not. The live table never goes back to an older position: what is older, damaged or gone is told to `onFault`
 * and changes nothing.
 */
export async function startSnapshotSource(options: SnapshotSourceOptions): Promise<SnapshotSource> {
  const { cache, table, pod, file, fraction, onSwap, onContact, onFault } = options
  const replica = createTableReplica(table)
  const found = file === undefined ? undefined : await loadFile(file, replica, options)
  let readable = true
  const position = () => (readable ? (keeper ?? { position: replica.head }).position : NOWHERE)
  const reporter = createPositionReporter({ cache, pod, position, faults: createFaultTeller(onFault) })
  const keeper = file === undefined ? undefined : keepTable(file, replica, { ...options, reporter, found })
  const follower = startTableFollower({
    cache,
    replica,
    faults: createFaultTeller(onFault),
    logFaults: createFaultTeller(onFault),
    fraction,
    onContact,
    onLook: (now) => {
      if (now === readable) return
      readable = now
      reporter.changed()
    },
    onSwap: (change) => {
      keeper?.changed(change)
      reporter.changed()
      onSwap()
    },
  })
  return {
    async close() {
      reporter.close()
      await follower.close()
      await keeper?.close()
    },
  }
}

/** What a pod reports that cannot read the table in the cache: whoever writes it then looks at all of it. */
const NOWHERE: TablePosition = { epoch: 0, version: 0 }

/**
 * Loads the table file and the changes behind it. What cannot be used is told and left alone: the next table from the cache
 * replaces it. Changes that do not lead on from the table are older than it, or damaged.
 */
async function loadFile(
  file: string,
  replica: TableReplica,
  { onSwap, onFault }: SnapshotSourceOptions,
): Promise<FoundTable | undefined> {
  const changes: TableChange[] = []
  try {
    const snapshot = await readTableFile(file)
    if (snapshot === undefined) return undefined
    await replica.load(snapshot)
    for (const change of await readJournal(file)) if (await replica.apply(change)) changes.push(change)
  } catch (error) {
    onFault('table-file', `the table file ${file} is not used: ${messageOf(error)}`)
  }
  const { head } = replica
  if (head === undefined) return undefined
  onSwap()
  return { head, changes }
}

interface KeepingOptions extends Pick<SnapshotSourceOptions, 'onFault' | 'onDisk'> {
  readonly reporter: PositionReporter
  readonly found: FoundTable | undefined
}

function keepTable(
  file: string,
  replica: TableReplica,
  { onFault, onDisk, reporter, found }: KeepingOptions,
): TableKeeper {
  const faults = createFaultTeller(onFault)
  return createTableKeeper({
    file,
    found,
    head: () => replica.head,
    content: () => (replica.head === undefined ? undefined : { head: replica.head, entries: replica.entries() }),
    onPosition: () => reporter.changed(),
    onDisk: (fault) => {
      onDisk(fault === undefined)
      if (fault === undefined) return faults.well()
      const advice = 'mount a volume that this pod may write, with room for it'
      faults.fault('table-file', `the table file ${file} cannot be written: ${messageOf(fault)}; ${advice}`)
    },
  })
}

function messageOf(error: unknown): string {
  return String(error).replace(/^\w*Error: /, '')
}
