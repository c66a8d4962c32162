/**
 * What `lint` has to say about a set of manifests: what cannot be read, what the compiler makes of the rest, and what is
 * legal and still unwise.
 */
import { compile } from '../operator/compile/compile.ts'
import { inNameOrder, type ObjectConditions } from '../operator/compile/object-conditions.ts'
import { worstConditions } from '../operator/compile/worst-condition.ts'
import type { Manifests } from '../operator/watch/manifest-folder.ts'
import type { Finding } from './finding.ts'
import { unreadableNumberFindings } from './unreadable-numbers.ts'
import { wideNetworkFindings } from './wide-networks.ts'
import { wideObjectNotes } from './wide-objects.ts'

/** Every finding: unreadable parts first, then objects by name, then warnings. Services are in a cluster that nobody asks. */
export function lintFindings({ trunks, rules, problems }: Manifests): Finding[] {
  const unreadable = problems.map((problem) => ({ severity: 'error' as const, ...problem }))
  const { conditions } = compile({ trunks, rules, services: 'elsewhere' })
  return [
    ...unreadable,
    ...inNameOrder(conditions).flatMap(conditionFindings),
    ...wideNetworkFindings(trunks, rules),
    ...unreadableNumberFindings(trunks, rules),
  ]
}

/** What is no finding and still worth a look: objects that take every call in some respect. */
export function lintNotes({ trunks, rules }: Manifests): Finding[] {
  return wideObjectNotes(trunks, rules)
}

/** The reasons and the words that the status of the object would have on a cluster, the one that `Ready` takes first. */
function conditionFindings({ kind, namespace, name, conditions }: ObjectConditions): Finding[] {
  return worstConditions(conditions).map(({ type, status, reason, message }) => ({
    severity: 'error',
    object: `${kind} ${namespace}/${name}`,
    code: reason,
    message: `${type}=${status}: ${message}${type === 'Accepted' ? '; the object is not in use' : ''}`,
  }))
}

/** `file:line: field: message`, or the object in the place of the file. */
export function findingText({ severity, file, line, object, field, message, expected }: Finding): string {
  const place = file === undefined ? object : line === undefined ? file : `${file}:${line}`
  const parts = [place, field, severity === 'error' ? message : `${severity}: ${message}`]
  const text = parts.filter((part) => part !== undefined).join(': ')
  return expected === undefined ? text : `${text} (expected ${expected})`
}
