/** Keeps the live table in step with the shared cache, and says which version it runs. */
import type { TablePosition } from '../route-table/cache-head.ts'
import { createFaultTeller } from './fault-teller.ts'
import type { LiveTable } from './live-table.ts'
import { createPositionReporter } from './position-reporter.ts'
import type { TableCacheReader } from './table-cache.ts'
import { createTableFileKeeper, readTableFile, type TableFileKeeper } from './table-file.ts'
import { startTableFollower } from './table-follower.ts'
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
  if (file !== undefined) await loadFile(file, replica, options)
  const keeper = file === undefined ? undefined : keepFile(file, replica, options)
  let readable = true
  const position = () => (readable ? replica.head : NOWHERE)
  const reporter = createPositionReporter({ cache, pod, position, faults: createFaultTeller(onFault) })
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
    onSwap: () => {
      reporter.changed()
      keeper?.changed()
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

/** A file that cannot be used is told and left alone: the next table from the cache replaces it. */
async function loadFile(file: string, replica: TableReplica, options: SnapshotSourceOptions): Promise<void> {
  try {
    const snapshot = await readTableFile(file)
    if (snapshot === undefined) return
    await replica.load(snapshot)
    options.onSwap()
  } catch (error) {
    options.onFault('table-file', `the table file ${file} is not used: ${messageOf(error)}`)
  }
}

function keepFile(file: string, replica: TableReplica, { onFault }: SnapshotSourceOptions): TableFileKeeper {
  return createTableFileKeeper({
    file,
    content: () => (replica.head === undefined ? undefined : { head: replica.head, entries: replica.entries() }),
    onError: (error) => {
      onFault(
        'table-file',
        `the table file ${file} cannot be written: ${messageOf(error)}; mount a volume that this pod may write`,
      )
    },
  })
}

function messageOf(error: unknown): string {
  return String(error).replace(/^\w*Error: /, '')
}
