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
  const { folder, table, logger } = options
  const changes = createTableChanges()
  let version = 0
  const read = async (): Promise<readonly Problem[]> => {
    const { trunks, rules, problems } = await readManifestFolder(folder)
    if (problems.length > 0) return problems
    const { entries, conditions } = compile({ trunks, rules })
    const change = changes.next(entries)
    const { delta } = change
    if (table.loaded && delta.upserted.length + delta.removed.length === 0) {
      options.metrics.tableSynced()
      return []
    }
    if (table.loaded) table.apply(delta, version + 1)
    else table.load(entries, version + 1)
    version++
    change.takenOver()
    tellTable(options)
    tellConditions(logger, conditions)
    return []
  }
  const problems = await read()
  if (problems.length > 0) throw new ManifestsRefused(problems)
  const keepGood = async (): Promise<void> => {
    for (const problem of await read()) {
      const { code } = problem
      logger.error({ code, problem: formatProblem(problem) }, 'manifests refused, last good table kept')
    }
  }
  return watchManifestFolder(folder, () => {
    keepGood().catch((error: unknown) => logger.error({ code: 'reload-failed', error: String(error) }, 'fault'))
  })
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
