/** A folder of manifests as the table of this process: read once, then at every change; a bad change changes nothing. */
import type { TableEntry } from '../ingress/route-table/route-table.ts'
import type { ServingCore } from '../ingress/serve/serving-core.ts'
import { compile } from '../operator/compile/compile.ts'
import { inNameOrder } from '../operator/compile/object-conditions.ts'
import { readManifestFolder, watchManifestFolder } from '../operator/watch/manifest-folder.ts'
import { formatProblem, type Problem } from '../operator/watch/manifest-problem.ts'
import { createManifestLog, type ManifestLog } from './manifest-log.ts'
import { createTableChanges, type TableChange } from './table-change.ts'

type Kept = Pick<ServingCore, 'table' | 'metrics' | 'logger' | 'tableChanged'>

/** A folder that holds no usable table. `message` has a line per problem: file, line, field and what was expected. */
class ManifestsRefused extends Error {
  readonly code = 'manifests-refused'

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'ManifestsRefused'
  }
}

/** Rejects with `ManifestsRefused` if the folder has a problem at the start; later ones keep the last good table. */
export async function serveManifests(folder: string, core: Kept): Promise<{ close(): void }> {
  const log = createManifestLog(core.logger)
  const read = createReader(folder, core, log)
  let good = false
  const reread = async (): Promise<void> => {
    try {
      const problems = await read()
      good = problems.length === 0
      log.read(problems)
    } catch (error) {
      good = false
      log.failed(error)
    }
  }
  let reading: Promise<void> = Promise.resolve()
  let waiting = 0
  // The watch comes first, so that no change between it and the first read is lost; reads come one after the other.
  const watch = await watchManifestFolder(folder, {
    onChange: () => {
      waiting++
      reading = reading.then(reread).finally(() => {
        waiting--
      })
    },
    // A table is no fresher for a change that is still being read, or that never ends to be.
    onUnchanged: () => {
      if (good && waiting === 0) core.metrics.tableSynced()
    },
  })
  const first = read()
  reading = first.then(
    () => undefined,
    () => undefined,
  )
  const problems = await first.catch((error: unknown) => {
    watch.close()
    throw error
  })
  good = problems.length === 0
  if (good) return watch
  watch.close()
  throw new ManifestsRefused(problems)
}

/** Reads the folder and, if all of it is well, makes it the table; answers what is wrong. */
function createReader(folder: string, core: Kept, log: ManifestLog): () => Promise<readonly Problem[]> {
  const changes = createTableChanges()
  return async () => {
    const { trunks, rules, problems } = await readManifestFolder(folder)
    if (problems.length > 0) return problems
    const { entries, conditions } = compile({ trunks, rules })
    takeOver(core, entries, { change: changes.next(entries), log })
    log.conditions(inNameOrder(conditions))
    return []
  }
}

function takeOver(
  { table, metrics, tableChanged }: Kept,
  entries: readonly TableEntry[],
  { change, log }: { readonly change: TableChange; readonly log: ManifestLog },
): void {
  const { upserted, removed } = change.delta
  if (table.loaded && upserted.length + removed.length === 0) return
  const version = table.version + 1
  if (table.loaded) {
    table.apply(change.delta, version)
    log.changed(change.names())
  } else table.load(entries, version)
  change.takenOver()
  tableChanged()
  metrics.tableSynced()
}
