/** A folder of manifests as the table of this process: read once, then at every change; a bad change changes nothing. */
import type { BackendHealth } from '../ingress/call/backend-health.ts'
import type { CallLog } from '../ingress/log/call-log.ts'
import type { Logger } from '../ingress/log/logger.ts'
import type { LiveTable } from '../ingress/lookup/live-table.ts'
import type { Metrics } from '../ingress/metrics/metrics.ts'
import type { RuleEntry } from '../ingress/route-table/route-table.ts'
import { compile } from '../operator/compile/compile.ts'
import type { ObjectConditions } from '../operator/compile/object-conditions.ts'
import { readManifestFolder, watchManifestFolder } from '../operator/watch/manifest-folder.ts'
import { formatProblem, type Problem } from '../operator/watch/manifest-problem.ts'
import { createTableChanges } from './table-change.ts'

export interface ServeManifestsOptions {
  readonly folder: string
  readonly table: LiveTable
  readonly health: BackendHealth
  readonly metrics: Metrics
  readonly log: CallLog
  readonly logger: Logger
}

/** A folder that holds no usable table. `message` has a line per problem: file, line, field and what was expected. */
class ManifestsRefused extends Error {
  readonly code = 'manifests-refused'

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'ManifestsRefused'
  }
}

/** Rejects with `ManifestsRefused` if the folder has a problem at the start; later ones keep the last good table. */
export async function serveManifests(options: ServeManifestsOptions): Promise<{ close(): void }> {
  const { folder, logger } = options
  const read = createReader(options)
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
  // The watch comes first, so that no change between it and the first read is lost; reads come one after the other.
  const watch = await watchManifestFolder(folder, {
    onChange: () => {
      reading = reading.then(reread)
    },
    onUnchanged: () => {
      if (good) options.metrics.tableSynced()
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
function createReader(options: ServeManifestsOptions): () => Promise<readonly Problem[]> {
  const { folder, table, logger } = options
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
    tellTable(options)
    tellConditions(logger, conditions)
    return []
  }
}

function tellProblems(logger: Logger, problems: readonly Problem[]): void {
  for (const problem of problems) {
    logger.error({ code: problem.code, problem: formatProblem(problem) }, 'manifests refused, last good table kept')
  }
}

function tellTable({ table, metrics, log, health }: ServeManifestsOptions): void {
  const rules = [...table.rules()]
  const trunks = [...table.trunks()]
  const backendNames = new Set(rules.flatMap(backendsOf))
  health.retain(backendNames)
  const { version, entries } = table
  metrics.tableChanged({ version, entries, trunks, ruleNames: new Set(rules.map((rule) => rule.name)), backendNames })
  log.tableChanged({ version, entries, trunks: trunks.length, rules: rules.length })
}

function backendsOf({ action }: RuleEntry): string[] {
  return action.type === 'Route' ? action.backends.map((backend) => backend.uri) : []
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
