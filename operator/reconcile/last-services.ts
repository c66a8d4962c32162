import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import type { CompiledTable } from './compiled-table.ts'

/** A table without Services, together with those that pods know: calls go on to the endpoints that were known last. */
export function withLastServices(table: CompiledTable, published: ReadonlyMap<string, TableEntry>): CompiledTable {
  const services = [...published].filter(([, { kind }]) => kind === 'service')
  return { ...table, entries: new Map([...table.entries, ...services]) }
}
