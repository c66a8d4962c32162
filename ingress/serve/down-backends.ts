/** Which backends are down as a whole. A backend with several addresses is down if all of them are. */
import type { HealthTarget } from '../backend-health/health-address.ts'
import type { BackendHealth } from '../call/backend-health.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { MAX_REPORTED_BACKENDS } from '../route-table/limits.ts'
import { DOWN_REPORTED_AFTER_MS } from './limits.ts'

type Table = Pick<LiveTable, 'readyEndpoints' | 'serversOfBackend'>

/**
 * Whether every endpoint of a Service, or every address of a name, is passed over. False for a backend that is an address: its
 * own events tell it.
 */
export function isBackendDown(table: Table, health: BackendHealth, backend: string): boolean {
  const targets = health.quiet ? [] : severalTargets(table, backend)
  return targets.length > 0 && targets.every((target) => health.standing(target) !== 'use')
}

/** The targets of a Service or of a name. Empty for a backend that is an address. */
function severalTargets(table: Table, backend: string): readonly HealthTarget[] {
  const endpoints = table.readyEndpoints(backend)
  if (endpoints.length > 0) return endpoints
  return table
    .serversOfBackend(backend)
    .flatMap(({ addresses, port, transport }) =>
      addresses.map((address) => ({ id: backend, place: backend, address, port, transport, uriParameters: '' })),
    )
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
    .filter((name) => severalTargets(table, name).length === 0 || isBackendDown(table, health, name))
  return [...new Set(names)].toSorted().slice(0, MAX_REPORTED_BACKENDS)
}
