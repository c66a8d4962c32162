/**
 * Trunks that stand in for those that could not be read: what is wrong with one of them is told once, and a rule that names
 * it has no fault of its own.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { readSipTrunk, type SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { Manifests } from '../../operator/watch/manifest-folder.ts'
import type { ManifestProblem } from '../../operator/watch/manifest-problem.ts'

/** One for each trunk that a rule names and that is not there for a reason that has been told. */
export function unreadTrunks({ trunks, rules, problems }: Manifests): SipTrunk[] {
  const present = new Set(trunks.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  const missing = new Set(rules.flatMap(trunksOf).filter((name) => !present.has(name)))
  const unread = new Set(problems.flatMap(({ object }) => nameOf(object)))
  const anyone = problems.some(hidesObjects)
  return [...missing].filter((name) => anyone || unread.has(name)).flatMap(standIn)
}

function trunksOf({ metadata, spec }: DispatchRule): string[] {
  return spec.trunkRefs.map(({ name }) => `${metadata.namespace}/${name}`)
}

/** Without its kind, which may be what is wrong. */
function nameOf(object: string | undefined): string[] {
  const [kind, name] = object?.split(' ') ?? []
  return kind === 'DispatchRule' || name === undefined ? [] : [name]
}

/** Nobody knows what a file holds that cannot be read, or an object that does not say its name. */
function hidesObjects({ object, code }: ManifestProblem): boolean {
  return object === undefined && code !== 'duplicate_name'
}

/** Younger than every other trunk, so that none comes second to it. */
const LAST = '9999-12-31T23:59:59Z'

function standIn(key: string): SipTrunk[] {
  const [namespace, name] = key.split('/')
  const metadata = { namespace, name, creationTimestamp: LAST }
  const apiVersion = 'sipdispatch.dev/v1alpha1'
  const reading = readSipTrunk({ apiVersion, kind: 'SipTrunk', metadata, spec: { sources: ['192.0.2.0/32'] } })
  return reading.ok ? [reading.object] : []
}
