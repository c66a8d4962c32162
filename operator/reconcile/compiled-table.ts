/** The table that the objects of the cluster make, as of one moment. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { compile } from '../compile/compile.ts'
import type { CompileMemory } from '../compile/compile-memory.ts'
import type { ObjectConditions } from '../compile/object-conditions.ts'
import { isRefused, type RefusedObject, type WatchedObject } from '../watch/watched-object.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'

/** An object, what the compiler says of it and whether this generation of it is in the table. */
export interface CompiledObject extends ObjectConditions {
  readonly uid: string
  readonly inTable: boolean
  readonly status: unknown
}

export interface CompiledTable {
  readonly entries: ReadonlyMap<string, TableEntry>
  readonly objects: readonly CompiledObject[]
}

/** What is compiled: of each watched collection, its objects. */
export interface CompiledCollections {
  readonly trunks: Collection<WatchedObjects['trunks']>
  readonly rules: Collection<WatchedObjects['rules']>
  readonly services: Pick<WatchedObjects['services'], 'objects'>
  readonly endpointSlices: Pick<WatchedObjects['endpointSlices'], 'objects'>
}

type Collection<C extends { readonly objects: unknown; readonly get: unknown }> = Pick<C, 'objects' | 'get'>

/** Compiles everything that is watched. */
export function compiledTable(watched: CompiledCollections, memory?: CompileMemory): CompiledTable {
  const refused: RefusedObject[] = []
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
    services: [...watched.services.objects()],
    endpointSlices: [...watched.endpointSlices.objects()],
    refused,
  }
  const output = compile(input, memory)
  const entries = new Map(output.entries.map((entry) => [entryKey(entry), entry]))
  const objects = output.conditions.flatMap((conditions): CompiledObject[] => {
    const name = `${conditions.namespace}/${conditions.name}`
    const trunk = conditions.kind === 'SipTrunk'
    const object = (trunk ? watched.trunks : watched.rules).get(name)
    const inTable = entries.has(entryKey({ kind: trunk ? 'trunk' : 'rule', name }))
    return object ? [{ ...conditions, uid: object.uid, status: object.status, inTable }] : []
  })
  return { entries, objects }
}
