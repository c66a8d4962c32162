/** Stores how far each object has come on its way to the ingress pods, and finds out what its status must say about this. */
import type { Condition } from '../../crds/schema/conditions.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { backendsHealthyCondition } from '../kubernetes-writes/backends-healthy.ts'
import { storedConditions } from '../kubernetes-writes/object-status.ts'
import { type ProgrammedInput, programmedCondition } from '../kubernetes-writes/programmed.ts'
import { readyCondition } from '../kubernetes-writes/ready.ts'
import type { TableObject } from './compiled-table.ts'

export type Publication = ProgrammedInput['publication']

/** What happened to the table that was compiled from the objects. */
export interface TableOutcome {
  /** The version in the cache. Undefined if nothing could be published. */
  readonly version: number | undefined
  /**
   * Whether the guard holds the removal of this object. If so, the compiled table no longer has the object, but the entry of
   * the object stays in the published table.
   */
  readonly isHeld: (object: TableObject) => boolean
  /**
   * Whether the previous table already had the object in its current form. Only then can the operator trust what the object's
   * status says about the pods.
   */
  readonly wasThere: (object: TableObject) => boolean
  /** The entry of this object in the table. Undefined if the table does not have the object. */
  readonly entryOf: (object: TableObject) => TableEntry | undefined
}

export interface ObjectProgress {
  /** Accepts the result of a compilation. Returns the objects that are no longer in the result, and forgets them. */
  compiled(objects: readonly TableObject[], published: TableOutcome): readonly TableObject[]
  /** Accepts the version that most pods run. Undefined if there are no pods. */
  readersAt(version: number | undefined): void
  /**
   * Accepts the names of the backends that most pods find down. If they have changed, the conditions of all rules that name
   * them may change.
   */
  backendsDown(names: ReadonlySet<string>): void
  /** Returns the objects whose conditions differ from those that were last returned, each with all its conditions. */
  changed(): Generator<ObjectNews>
  /** Whether some object waits until the pods run a version. */
  readonly waiting: boolean
}

export interface ObjectNews {
  readonly object: TableObject
  readonly conditions: readonly Condition[]
}

interface TrackedObject {
  object: TableObject
  /** The first version of the table that contains this generation of the object. */
  version: number | undefined
  publication: Publication
  programmed: boolean
  /**
   * The reason of the condition Programmed that was last returned. Undefined if the object has changed and was not returned
   * since then.
   */
  reported: Condition<'Programmed'>['reason'] | undefined
  /** The condition BackendsHealthy of the object. Undefined if it has none. */
  health: Condition<'BackendsHealthy'> | undefined
  /** The message of that condition when it was last returned. */
  reportedHealth: string | undefined
}

export function createObjectProgress(): ObjectProgress {
  const known = new Map<string, TrackedObject>()
  /** The objects whose conditions may change after the next report of the pods. */
  let open = new Set<TrackedObject>()
  let readersVersion: number | undefined
  /** Undefined until pods were asked for the first time in this term. */
  let down: ReadonlySet<string> | undefined
  let entryOf: TableOutcome['entryOf'] = () => undefined
  const condition = (progress: TrackedObject): Condition<'Programmed'> =>
    programmedCondition({ ...progress, inTable: progress.object.inTable, readersVersion })
  const take = (object: TableObject, published: TableOutcome): void => {
    const before = known.get(object.tableKey)
    if (before?.object === object && isSettled(before, published)) return
    const health = down ? backendsHealthyCondition(published.entryOf(object), down) : storedHealth(object)
    const progress = { ...next(before, object, published), health, reportedHealth: before?.reportedHealth }
    if (before && before.reported !== undefined && isSame(before.object, object)) progress.reported = before.reported
    known.set(object.tableKey, progress)
    open.add(progress)
  }
  return {
    compiled: (objects, published) => {
      open = new Set()
      entryOf = published.entryOf
      for (const object of objects) take(object, published)
      return forgotten(known, objects)
    },
    readersAt: (version) => {
      readersVersion = version
    },
    backendsDown: (names) => {
      if (down !== undefined && down.symmetricDifference(names).size === 0) return
      down = names
      for (const progress of known.values()) {
        progress.health = backendsHealthyCondition(entryOf(progress.object), names)
        if (progress.health?.message !== progress.reportedHealth) open.add(progress)
      }
    },
    *changed() {
      for (const progress of open) {
        const programmed = condition(progress)
        progress.programmed = programmed.status === 'True'
        if (progress.programmed || !progress.object.inTable) open.delete(progress)
        const { health } = progress
        if (progress.reported === programmed.reason && progress.reportedHealth === health?.message) continue
        progress.reported = programmed.reason
        progress.reportedHealth = health?.message
        const conditions = [...progress.object.conditions, programmed, ...(health ? [health] : [])]
        yield { object: progress.object, conditions: [readyCondition(conditions, progress.object), ...conditions] }
      }
    },
    get waiting() {
      return open.size > 0
    },
  }
}

function next(
  before: TrackedObject | undefined,
  object: TableObject,
  published: TableOutcome,
): Omit<TrackedObject, 'health' | 'reportedHealth'> {
  const { version, isHeld, wasThere } = published
  const publication = publicationOf(version, isHeld(object))
  const same = before?.object.uid === object.uid && before.object.generation === object.generation
  // An object that stays in the table keeps its first version. An object that comes back into the table gets the version of
  // this table.
  const first = same && before.object.inTable ? before.version : undefined
  const programmed = same ? before.programmed : isProgrammed(object) && wasThere(object)
  return { object, version: first ?? version, publication, programmed, reported: undefined }
}

/**
 * Whether nothing more will happen to an unchanged object. This is so if the pods run it, or if it does not belong in the
 * table.
 */
function isSettled(before: TrackedObject, { version, isHeld }: TableOutcome): boolean {
  const { object, programmed, reported } = before
  if (reported === undefined || before.publication !== 'done' || version === undefined) return false
  return object.inTable ? programmed && before.version !== undefined : !isHeld(object)
}

function publicationOf(version: number | undefined, held: boolean): Publication {
  if (held) return 'held'
  return version === undefined ? 'failed' : 'done'
}

/**
 * Whether the status says that the pods run this generation. An earlier operator may have written this, or a backup was
 * restored.
 */
function isProgrammed({ status, generation }: TableObject): boolean {
  return storedConditions(status).some((condition) => {
    const { type, observedGeneration } = condition
    return type === 'Programmed' && condition.status === 'True' && observedGeneration === generation
  })
}

/** What the status says of the backends. It holds until the pods were asked: a new leader must not take it back and say it again. */
function storedHealth({ status, generation }: TableObject): Condition<'BackendsHealthy'> | undefined {
  for (const { type, observedGeneration, reason, message } of storedConditions(status)) {
    if (type !== 'BackendsHealthy' || observedGeneration !== generation) continue
    if (reason === 'BackendsDown' || reason === 'AllBackendsDown') return { type, status: 'False', reason, message }
  }
  return undefined
}

function isSame(a: TableObject, b: TableObject): boolean {
  if (a.uid !== b.uid || a.generation !== b.generation || a.deletion !== b.deletion) return false
  if (a.conditions.length !== b.conditions.length) return false
  return a.conditions.every((condition, i) => {
    const other = b.conditions[i]
    return (
      condition.type === other?.type &&
      condition.status === other.status &&
      condition.reason === other.reason &&
      condition.message === other.message
    )
  })
}

function forgotten(known: Map<string, TrackedObject>, objects: readonly TableObject[]): readonly TableObject[] {
  if (known.size === objects.length) return []
  const present = new Set(objects.map(({ tableKey }) => tableKey))
  const gone: TableObject[] = []
  for (const [key, { object }] of known) {
    if (present.has(key)) continue
    known.delete(key)
    gone.push(object)
  }
  return gone
}
