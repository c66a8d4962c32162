import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { readDispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { FieldFault, ObjectReading } from '../../crds/schema/read-object.ts'
import { readSipTrunk, type SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { type ApiObject, FIELD_MANAGER } from '../api/api-object.ts'
import { isRecord } from '../api/json-value.ts'
import { MAX_REPORTED_FAULTS } from './limits.ts'
import { fieldText } from './manifest-problem.ts'

/** The identity of a custom resource, and its status on the API server. */
export interface ObjectIdentity {
  readonly kind: 'SipTrunk' | 'DispatchRule'
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  /** The status as it was read from the API server. Undefined if the object has no status. */
  readonly status: unknown
  /**
   * A text for people. It says since when the object is being deleted, and which finalizers keep it. Undefined if the object is
   * not being deleted.
   */
  readonly deletion: string | undefined
  /** The name of the last writer of the status, from the managed fields. Undefined if they name no writer. */
  readonly statusWriter: string | undefined
}

/** A custom resource that the schema accepts. */
export interface AcceptedObject<T> extends ObjectIdentity {
  readonly object: T
}

/** A custom resource that the schema refuses. For example, it was stored under an older CustomResourceDefinition. */
export interface RefusedResource extends ObjectIdentity {
  readonly reason: 'UnknownField' | 'Invalid'
  /** All faults, as a text for people: `spec.sources: is required (expected list)`. */
  readonly problem: string
}

export type WatchedObject<T> = AcceptedObject<T> | RefusedResource

/** Whether the schema refuses an object. */
export function isRefused<T>(object: WatchedObject<T>): object is RefusedResource {
  return 'problem' in object
}

/** Reads a SipTrunk from the API server. Does not throw. */
export const watchedTrunk = (object: ApiObject, before?: WatchedObject<SipTrunk>): WatchedObject<SipTrunk> => {
  return watched({ kind: 'SipTrunk', read: readSipTrunk }, object, before)
}

/** Reads a DispatchRule from the API server. Does not throw. */
export const watchedRule = (object: ApiObject, before?: WatchedObject<DispatchRule>): WatchedObject<DispatchRule> => {
  return watched({ kind: 'DispatchRule', read: readDispatchRule }, object, before)
}

interface ObjectKind<T> {
  readonly kind: ObjectIdentity['kind']
  readonly read: (value: unknown) => ObjectReading<T>
}

function watched<T>(
  { kind, read }: ObjectKind<T>,
  object: ApiObject,
  before: WatchedObject<T> | undefined,
): WatchedObject<T> {
  const { namespace, name, uid, resourceVersion, generation } = object.metadata
  const identity = {
    ...{ kind, namespace, name, uid, resourceVersion },
    generation: typeof generation === 'number' ? generation : 0,
    status: object['status'],
    deletion: deletionText(object.metadata),
    statusWriter: statusWriter(object.metadata),
  }
  // Kubernetes raises the generation with each change of the spec. So the spec of one generation needs to be read only once.
  if (before?.uid === uid && before.generation === identity.generation && before.generation > 0) {
    return { ...before, ...identity }
  }
  const { status: _, ...withoutStatus } = object
  const reading = read({ ...withoutStatus, metadata: slimMetadata(object.metadata) })
  if (reading.ok) return { ...identity, object: reading.object }
  const unknown = reading.faults.some(({ code }) => code === 'unknown_field')
  return { ...identity, reason: unknown ? 'UnknownField' : 'Invalid', problem: problemText(reading.faults) }
}

function deletionText({ deletionTimestamp, finalizers }: ApiObject['metadata']): string | undefined {
  if (typeof deletionTimestamp !== 'string') return undefined
  const names = Array.isArray(finalizers) ? finalizers.map(String) : []
  const kept = names.length === 0 ? '' : ` and kept by the finalizer ${names.join(', ')}`
  return `deleted at ${deletionTimestamp}${kept}`
}

function statusWriter({ managedFields }: ApiObject['metadata']): string | undefined {
  let last: { readonly manager: string; readonly time: string } | undefined
  for (const entry of Array.isArray(managedFields) ? managedFields : []) {
    if (!isRecord(entry) || entry['subresource'] !== 'status') continue
    const { manager, time } = entry
    if (typeof manager !== 'string' || typeof time !== 'string') continue
    // Times are in whole seconds, so two writes may have the same time. Then the operator wrote first: a later write of the
    // operator would have removed the other writer's changes.
    const after = manager === FIELD_MANAGER ? time > (last?.time ?? '') : time >= (last?.time ?? '')
    if (after) last = { manager, time }
  }
  return last?.manager
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * The metadata without the managed fields and without kubectl's copy of the object. Together these two are larger than the rest
 * of the object.
 */
function slimMetadata(metadata: ApiObject['metadata']): Record<string, unknown> {
  const { managedFields: _, annotations, ...rest } = metadata
  if (!isRecord(annotations)) return rest
  const { [LAST_APPLIED]: __, ...others } = annotations
  return { ...rest, annotations: others }
}

function problemText(faults: readonly FieldFault[]): string {
  const shown = faults.slice(0, MAX_REPORTED_FAULTS).map(({ path, message, expected }) => {
    const what = path.length === 0 ? message : `${fieldText(path)}: ${message}`
    return expected === undefined ? what : `${what} (expected ${expected})`
  })
  const more = faults.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
