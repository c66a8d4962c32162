/**
 * The findings of `lint` about a set of manifests: parts that cannot be read, conditions from the compiler, and settings
 * that are valid but risky.
 */
import { compile } from '../../operator/compile/compile.ts'
import { inNameOrder, type ObjectConditions } from '../../operator/compile/object-conditions.ts'
import { worstConditions } from '../../operator/compile/worst-condition.ts'
import type { Manifests } from '../../operator/watch/manifest-folder.ts'
import type { ManifestProblem } from '../../operator/watch/manifest-problem.ts'
import type { LintFinding } from './finding.ts'
import { unreadTrunks } from './unread-trunks.ts'
import { unreadableNumberFindings } from './unreadable-numbers.ts'
import { unusedBackendFindings } from './unused-backends.ts'
import { wideNetworkFindings } from './wide-networks.ts'
import { wideObjectNotes } from './wide-objects.ts'

/**
 * Every finding: unreadable parts first, then objects by name, then warnings. Services are not checked, because they are in
 * a cluster. A finding that only follows from another finding is left out.
 */
export function lintFindings(manifests: Manifests): LintFinding[] {
  const { trunks, rules, problems, notes = [] } = manifests
  const standIns = unreadTrunks(manifests)
  const { conditions } = compile({ trunks: [...trunks, ...standIns], rules, services: 'elsewhere' })
  const unread = new Set(standIns.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  const found = conditions.filter(
    ({ kind, namespace, name }) => kind !== 'SipTrunk' || !unread.has(`${namespace}/${name}`),
  )
  return [
    ...problems.map((problem) => ({ severity: 'error' as const, ...problem })),
    ...inNameOrder(found).flatMap(conditionFindings),
    ...notes.map((note) => ({ severity: severityOf(note), ...note })),
    ...wideNetworkFindings(trunks, rules),
    ...unreadableNumberFindings(trunks, rules),
    ...unusedBackendFindings(rules),
  ]
}

/** A note about something that the cluster refuses is an error. Other notes are warnings. */
function severityOf({ code }: ManifestProblem): LintFinding['severity'] {
  return code === 'not_a_text' ? 'error' : 'warning'
}

/** Notes about objects that take more calls because a condition is absent. This may be intended, so a note is no fault. */
export function lintNotes({ trunks, rules }: Manifests): LintFinding[] {
  return wideObjectNotes(trunks, rules)
}

/**
 * The faults that the object's conditions would show on a cluster, in the same words. The fault that `Ready` would show
 * comes first.
 */
function conditionFindings({ kind, namespace, name, conditions }: ObjectConditions): LintFinding[] {
  return worstConditions(conditions).map(({ type, status, reason, message }) => ({
    severity: 'error',
    object: `${kind} ${namespace}/${name}`,
    code: reason,
    message: `${type}=${status}: ${message}${type === 'Accepted' ? '; the object is not in use' : ''}`,
  }))
}

/** The finding as one line: `file:line: error: field: message [code]`. Without a file, the line begins with the object. */
export function findingText({ severity, file, line, object, field, code, message, expected }: LintFinding): string {
  const place = file === undefined ? object : line === undefined ? file : `${file}:${line}`
  const text = [place, severity, field, message].filter((part) => part !== undefined).join(': ')
  return `${text}${expected === undefined ? '' : ` (expected ${expected})`} [${code}]`
}
