/** Which backends are down as a whole. A backend with several addresses is down if all of them are. */
import type { BackendHealth } from '../call/backend-health.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { MAX_REPORTED_BACKENDS } from '../route-table/limits.ts'
import { DOWN_REPORTED_AFTER_MS } from './limits.ts'

type Table = Pick<LiveTable, 'readyEndpoints'>

/** Whether every endpoint of a Service is passed over. False for a backend that is an address: its own events tell it. */
export function isServiceDown(table: Table, health: BackendHealth, backend: string): boolean {
  const endpoints = health.quiet ? [] : table.readyEndpoints(backend)
  return endpoints.length > 0 && endpoints.every((endpoint) => health.standing(endpoint) !== 'use')
}

/**
 * The names of the backends that have been down for some time, in their order as text, at most `MAX_REPORTED_BACKENDS`. The
 * operator gets them, so what is over in some seconds is not among them.
 */
export function downBackends(table: Table, health: BackendHealth): readonly string[] {
  if (health.quiet) return []
  const names = health
    .report()
    .filter(({ down, downForMs = 0 }) => down !== undefined && downForMs >= DOWN_REPORTED_AFTER_MS)
    .flatMap(({ backends }) => backends)
    .filter((name) => table.readyEndpoints(name).length === 0 || isServiceDown(table, health, name))
  return [...new Set(names)].toSorted().slice(0, MAX_REPORTED_BACKENDS)
}
