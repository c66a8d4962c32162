/** What the log says of a folder of manifests: what changed, what is wrong and where, and that all is well again. */
import type { Logger } from '../ingress/log/logger.ts'
import type { ObjectConditions } from '../operator/compile/object-conditions.ts'
import { formatProblem, type Problem } from '../operator/watch/manifest-problem.ts'
import { MAX_CHANGED_NAMES } from './limits.ts'
import type { ChangedNames } from './table-change.ts'

export interface ManifestLog {
  /** What was read; without a problem it is told only after one that was refused. */
  read(problems: readonly Problem[]): void
  /** The folder could not be read at all. */
  failed(error: unknown): void
  /** What differs in the table that is in use from now on. */
  changed(names: ChangedNames): void
  /** What would be the status of every object in a cluster: told where it is not, or again, as its author wants it. */
  conditions(objects: readonly ObjectConditions[]): void
}

const REFUSED = 'manifests refused, last good table kept'

export function createManifestLog(logger: Logger): ManifestLog {
  let refused = false
  let told: ReadonlyMap<string, ConditionLine> = new Map()
  return {
    read: (problems) => {
      for (const problem of problems) {
        const { code, object } = problem
        logger.error({ code, object, problem: formatProblem(problem) }, REFUSED)
      }
      if (refused && problems.length === 0) logger.info('manifests are right again')
      refused = problems.length > 0
    },
    failed: (error) => {
      refused = true
      logger.error({ code: 'reload-failed', error: String(error) }, REFUSED)
    },
    changed: (names) => logger.info(changeFields(names), 'manifests changed'),
    conditions: (objects) => {
      const now = new Map(objects.flatMap(badConditions))
      for (const [key, line] of now) if (told.get(key)?.detail !== line.detail) logger.warn(line, 'condition')
      for (const [key, { kind, name, condition }] of told) {
        if (!now.has(key)) logger.info({ kind, name, condition }, 'condition over')
      }
      told = now
    },
  }
}

interface ConditionLine {
  readonly kind: string
  readonly name: string
  readonly condition: string
  readonly reason: string
  readonly detail: string
}

function badConditions({ kind, namespace, name, conditions }: ObjectConditions): [string, ConditionLine][] {
  return conditions
    .filter(({ type, status }) => status === (type === 'Accepted' || type === 'ResolvedRefs' ? 'False' : 'True'))
    .map(({ type, reason, message }) => {
      const line = { kind, name: `${namespace}/${name}`, condition: type, reason, detail: message }
      return [`${kind} ${line.name} ${type}`, line]
    })
}

/** So many names, and how many there are besides. */
function changeFields({ added, changed, removed }: ChangedNames) {
  let left = MAX_CHANGED_NAMES
  const some = (names: readonly string[]): readonly string[] | undefined => {
    const shown = names.slice(0, left)
    left -= shown.length
    return shown.length > 0 ? shown : undefined
  }
  const shown = { added: some(added), changed: some(changed), removed: some(removed) }
  const more = added.length + changed.length + removed.length - (MAX_CHANGED_NAMES - left)
  return { ...shown, more: more > 0 ? more : undefined }
}
