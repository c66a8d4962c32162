/** A folder of manifests as the table of this process: read once, then at every change; a bad change changes nothing. */
import type { Logger } from '../ingress/log/logger.ts'
import type { ServingCore } from '../ingress/serve/serving-core.ts'
import { compile } from '../operator/compile/compile.ts'
import { inNameOrder, type ObjectConditions } from '../operator/compile/object-conditions.ts'
import { readManifestFolder, watchManifestFolder } from '../operator/watch/manifest-folder.ts'
import { formatProblem, type Problem } from '../operator/watch/manifest-problem.ts'
import { createTableChanges } from './table-change.ts'

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
  const { logger } = core
  const read = createReader(folder, core)
  let good = false
  const reread = async (): Promise<void> => {
    try {
      const problems = await read()
      good = problems.length === 0
      tellProblems(logger, problems)
    } catch (error) {
      good = false
      logger.error({ code: 'reload-failed', error: String(error) }, 'manifests refused, last good table kept')
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
function createReader(
  folder: string,
  { table, metrics, logger, tableChanged }: Kept,
): () => Promise<readonly Problem[]> {
  const changes = createTableChanges()
  return async () => {
    const { trunks, rules, problems } = await readManifestFolder(folder)
    if (problems.length > 0) return problems
    const { entries, conditions } = compile({ trunks, rules })
    const change = changes.next(entries)
    const { upserted, removed } = change.delta
    if (table.loaded && upserted.length + removed.length === 0) return []
    const version = table.version + 1
    if (table.loaded) table.apply(change.delta, version)
    else table.load(entries, version)
    change.takenOver()
    tableChanged()
    metrics.tableSynced()
    tellConditions(logger, inNameOrder(conditions))
    return []
  }
}

function tellProblems(logger: Logger, problems: readonly Problem[]): void {
  for (const problem of problems) {
    logger.error({ code: problem.code, problem: formatProblem(problem) }, 'manifests refused, last good table kept')
  }
}

/** What would be the status of an object in a cluster: told where it is not as its author wants it. */
function tellConditions(logger: Logger, objects: readonly ObjectConditions[]): void {
  for (const { kind, namespace, name, conditions } of objects) {
    for (const { type, status, reason, message } of conditions) {
      const bad = type === 'Accepted' || type === 'ResolvedRefs' ? status === 'False' : status === 'True'
      if (bad)
        logger.warn({ kind, name: `${namespace}/${name}`, condition: type, reason, detail: message }, 'condition')
    }
  }
}
