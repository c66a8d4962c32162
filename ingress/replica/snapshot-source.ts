/** Makes the live table the same as the table in the shared cache, again and again, and reports its version. */

import type { LiveTable } from '../lookup/live-table.ts'
import type { TablePosition } from '../route-table/cache-head.ts'
import { createFaultReporter } from './fault-reporter.ts'
import { createPositionReporter, type PositionReporter } from './position-reporter.ts'
import type { TableCacheReader } from './table-cache.ts'
import { readTableFile } from './table-file.ts'
import { startTableFollower } from './table-follower.ts'
import { readJournal, type TableChange } from './table-journal.ts'
import { createTableKeeper, type FoundTable, type TableKeeper } from './table-keeper.ts'
import { createTableReplica, type TableReplica } from './table-replica.ts'

export interface SnapshotSourceOptions {
  /** This cache is closed when the source is closed. */
  readonly cache: TableCacheReader
  readonly table: LiveTable
  /** Name under which the version is reported. */
  readonly pod: string
  /** The names of the backends that this pod has found down. They are reported, too. */
  readonly downBackends?: () => readonly string[]
  /** File of the last good table. Undefined: there is no file. */
  readonly file: string | undefined
  /** Called after each change of the live table, and after it was loaded from the file. */
  readonly onSwap: () => void
  /** A random number from 0 up to 1. */
  readonly fraction: () => number
  /** Called each time the cache has confirmed that its table is the live table. */
  readonly onContact: () => void
  /** Called after each write of the file. `holds`: whether the disk has the live table. Never called without a file. */
  readonly onDisk: (holds: boolean) => void
  /** Called once for each fault, and again when the fault comes back or changes. */
  readonly onFault: (code: string, message: string) => void
}

export interface SnapshotSource {
  /** Stops following the cache. If the file is older than the live table, writes the file. */
  close(): Promise<void>
}

/**
 * Loads the table of the file, if there is a file, and then resolves. The table of the cache follows later, when the cache
 * is available. The live table never goes back to an older position. A table that is old, damaged or absent is reported to
 * `onFault` and changes nothing.
 */
export async function startSnapshotSource(options: SnapshotSourceOptions): Promise<SnapshotSource> {
  const { cache, table, pod, downBackends = () => [], file, fraction, onSwap, onContact, onFault } = options
  const replica = createTableReplica(table)
  const found = file === undefined ? undefined : await loadFile(file, replica, options)
  let readable = true
  const position = () => (readable ? (keeper ?? { position: replica.head }).position : NO_POSITION)
  const reporter = createPositionReporter({ cache, pod, position, downBackends, faults: createFaultReporter(onFault) })
  const keeper = file === undefined ? undefined : keepTable(file, replica, { ...options, reporter, found })
  const follower = startTableFollower({
    cache,
    replica,
    faults: createFaultReporter(onFault),
    logFaults: createFaultReporter(onFault),
    fraction,
    onContact,
    onTableRead: (now) => {
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

/** The position that a pod reports if it cannot read the table in the cache. The operator then checks the whole table. */
const NO_POSITION: TablePosition = { epoch: 0, version: 0 }

/**
 * Loads the table file and then the changes of its journal. A file that cannot be used is reported and not touched: the
 * next table from the cache replaces it. A change that does not fit the table is left out, because it is older than the
 * table, or damaged.
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
  const faults = createFaultReporter(onFault)
  return createTableKeeper({
    file,
    found,
    head: () => replica.head,
    content: () => (replica.head === undefined ? undefined : { head: replica.head, entries: replica.entries() }),
    onPosition: () => reporter.changed(),
    onDisk: (fault) => {
      onDisk(fault === undefined)
      if (fault === undefined) return faults.clear()
      const advice = 'mount a volume that this pod may write, with room for it'
      faults.reportFault('table-file', `the table file ${file} cannot be written: ${messageOf(fault)}; ${advice}`)
    },
  })
}

function messageOf(error: unknown): string {
  return String(error).replace(/^\w*Error: /, '')
}
