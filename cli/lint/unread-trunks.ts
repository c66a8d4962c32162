/**
 * Substitutes for trunks that could not be read. The fault of such a trunk is reported once. Without a substitute, each
 * rule that names the trunk would be reported too.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { readSipTrunk, type SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { Manifests } from '../../operator/watch/manifest-folder.ts'
import type { ManifestProblem } from '../../operator/watch/manifest-problem.ts'

/** One substitute for each trunk that a rule names and that is missing because of a fault. This fault is already reported. */
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

/** The namespace and name of an object. The kind is left out, because the kind itself may be the fault. */
function nameOf(object: string | undefined): string[] {
  const [kind, name] = object?.split(' ') ?? []
  return kind === 'DispatchRule' || name === undefined ? [] : [name]
}

/**
 * Whether a problem may hide objects. The content of an unreadable file is unknown, and so is the name of an unnamed
 * object.
 */
function hidesObjects({ object, code }: ManifestProblem): boolean {
  return object === undefined && code !== 'duplicate_name'
}

/**
 * The creation time of a substitute. It is later than every other creation time, so that a substitute never comes before a
 * real trunk.
 */
const LAST = '9999-12-31T23:59:59Z'

function standIn(key: string): SipTrunk[] {
  const [namespace, name] = key.split('/')
  const metadata = { namespace, name, creationTimestamp: LAST }
  const apiVersion = 'sipdispatch.dev/v1alpha1'
  const reading = readSipTrunk({ apiVersion, kind: 'SipTrunk', metadata, spec: { sources: ['192.0.2.0/32'] } })
  return reading.ok ? [reading.object] : []
}
