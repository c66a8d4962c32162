/** Compiles a table from the objects of the cluster, as they are at one moment. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { compile } from '../compile/compile.ts'
import { type CompileMemory, createCompileMemory } from '../compile/compile-memory.ts'
import type { ObjectConditions } from '../compile/object-conditions.ts'
import { isRefused, type RefusedResource, type WatchedObject } from '../watch/watched-object.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'

/**
 * An object with the conditions that the compiler reports about it. `inTable`: whether this generation of the object is in the
 * table.
 */
export interface TableObject extends ObjectConditions {
  readonly uid: string
  readonly inTable: boolean
  /**
   * A text for people about the deletion of the object (`ObjectIdentity.deletion`). Undefined if the object is not being
   * deleted.
   */
  readonly deletion: string | undefined
  readonly status: unknown
  /** The name of the object, `namespace/name`. */
  readonly objectName: string
  /** The key of the object's entry in the table. It is set even if the object has no entry there. */
  readonly tableKey: string
}

export interface CompiledTable {
  readonly entries: ReadonlyMap<string, TableEntry>
  readonly objects: readonly TableObject[]
}

/** The watched collections from which the table is compiled. */
export interface CompiledCollections {
  readonly trunks: Collection<WatchedObjects['trunks']>
  readonly rules: Collection<WatchedObjects['rules']>
  readonly services: Pick<WatchedObjects['services'], 'objects'>
  readonly endpointSlices: Pick<WatchedObjects['endpointSlices'], 'objects'>
  readonly servicesKnown: boolean
  readonly fieldsDropped: boolean
}

type Collection<C extends { readonly objects: unknown; readonly get: unknown }> = Pick<C, 'objects' | 'get'>

/** The results that one compilation stores for the next one. */
export interface TableMemory {
  readonly compile: CompileMemory
  readonly objects: WeakMap<ObjectConditions, TableObject>
}

export function createTableMemory(): TableMemory {
  return { compile: createCompileMemory(), objects: new WeakMap() }
}

/**
 * Compiles everything that is watched. With a memory, a result that has not changed is the same JavaScript object as in the
 * last compilation.
 */
export function compiledTable(
  watched: CompiledCollections,
  memory: TableMemory = createTableMemory(),
  unresolvedNames?: ReadonlyMap<string, string>,
): CompiledTable {
  const refused: RefusedResource[] = []
  const accepted = <T>(objects: Iterable<WatchedObject<T>>): T[] => {
    const list: T[] = []
    for (const object of objects) {
      if (isRefused(object)) refused.push(object)
      else list.push(object.object)
    }
    return list
  }
  const input = {
    trunks: accepted<SipTrunk>(watched.trunks.objects()),
    rules: accepted<DispatchRule>(watched.rules.objects()),
    services: watched.servicesKnown ? [...watched.services.objects()] : ('unwatched' as const),
    endpointSlices: [...watched.endpointSlices.objects()],
    refused,
    fieldsDropped: watched.fieldsDropped,
    ...(unresolvedNames && { unresolvedNames }),
  }
  const output = compile(input, memory.compile)
  const entries = new Map(output.entries.map((entry) => [entryKey(entry), entry]))
  const objects: TableObject[] = []
  for (const conditions of output.conditions) {
    const object = tableObject(conditions, { watched, entries, memory })
    if (object) objects.push(object)
  }
  return { entries, objects }
}

interface Compiled {
  readonly watched: CompiledCollections
  readonly entries: CompiledTable['entries']
  readonly memory: TableMemory
}

/** The object with its conditions. Undefined if the watch no longer has the object. */
function tableObject(conditions: ObjectConditions, { watched, entries, memory }: Compiled): TableObject | undefined {
  const known = memory.objects.get(conditions)
  const name = known?.objectName ?? `${conditions.namespace}/${conditions.name}`
  const trunk = conditions.kind === 'SipTrunk'
  const object = (trunk ? watched.trunks : watched.rules).get(name)
  if (!object) return undefined
  const tableKey = known?.tableKey ?? entryKey({ kind: trunk ? 'trunk' : 'rule', name })
  const inTable = entries.has(tableKey)
  const { uid, status, deletion } = object
  const place = { uid, status, deletion, inTable }
  if (known && isAt(known, place)) return known
  const compiled = { ...conditions, ...place, objectName: name, tableKey }
  memory.objects.set(conditions, compiled)
  return compiled
}

function isAt(known: TableObject, place: Pick<TableObject, 'uid' | 'status' | 'deletion' | 'inTable'>): boolean {
  const { uid, status, deletion, inTable } = place
  if (known.uid !== uid || known.status !== status) return false
  return known.deletion === deletion && known.inTable === inTable
}

/**
 * Adds the Services of the published table to a table that has none. So calls still go to the endpoints that were last known.
 */
export function withLastServices(table: CompiledTable, published: ReadonlyMap<string, TableEntry>): CompiledTable {
  const services = [...published].filter(([, { kind }]) => kind === 'service')
  return { ...table, entries: new Map([...table.entries, ...services]) }
}
