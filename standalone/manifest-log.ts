/**
 * The log lines about a folder of manifests. They report changes, problems (each with file and line), and the end of the
 * problems.
 */
import type { Logger } from '../ingress/log/logger.ts'
import { formatProblem, type ManifestProblem } from '../operator/watch/manifest-problem.ts'
import type { ConditionChanges } from './condition-changes.ts'
import { MAX_CHANGED_NAMES } from './limits.ts'
import type { ChangedNames } from './reader-messages.ts'

export interface ManifestLog {
  /**
   * Logs the result of a reading. `more`: the number of problems that are not in `problems`. A reading without problems is
   * logged only if the one before was refused.
   */
  read(problems: readonly ManifestProblem[], more?: number): void
  /** Logs that the folder could not be read, or that its table could not be taken into use. */
  failed(error: unknown, code?: string): void
  /** Logs the names of the objects that have changed with the new table. */
  changed(names: ChangedNames): void
  /** Logs new faults and faults that are over. On a cluster, these conditions would be in the status of the objects. */
  conditions(changes: ConditionChanges): void
}

const REFUSED = 'manifests refused, last good table kept'

export function createManifestLog(logger: Logger): ManifestLog {
  let refused = false
  return {
    read: (problems, more = 0) => {
      for (const problem of problems) {
        const { code, object } = problem
        logger.error({ code, object, problem: formatProblem(problem) }, REFUSED)
      }
      if (more > 0) logger.error({ code: 'more_problems', problem: moreProblems(more) }, REFUSED)
      if (refused && problems.length === 0) logger.info('manifests are right again')
      refused = problems.length > 0
    },
    failed: (error, code = 'reload-failed') => {
      refused = true
      logger.error({ code, error: String(error) }, REFUSED)
    },
    changed: (names) => logger.info(changeFields(names), 'manifests changed'),
    conditions: ({ bad, over, more }) => {
      for (const line of bad) logger.warn(line, 'condition')
      for (const { kind, name, condition } of over) logger.info({ kind, name, condition }, 'condition over')
      if (more > 0) logger.warn({ more, hint: 'sip-dispatch lint tells all of them' }, 'more conditions')
    },
  }
}

/** The line that is shown in place of the problems that are left out. `more` is their number. */
export function moreProblems(more: number): string {
  return `and ${more} more problems in this folder: sip-dispatch lint tells more of them`
}

/** The log fields of a change: the first names, and the number of the names that are left out. */
function changeFields({ added, changed, removed, more }: ChangedNames) {
  let left = MAX_CHANGED_NAMES
  const some = (names: readonly string[]): readonly string[] | undefined => {
    const shown = names.slice(0, left)
    left -= shown.length
    return shown.length > 0 ? shown : undefined
  }
  const shown = { added: some(added), changed: some(changed), removed: some(removed) }
  const rest = more + added.length + changed.length + removed.length - (MAX_CHANGED_NAMES - left)
  return { ...shown, more: rest > 0 ? rest : undefined }
}
