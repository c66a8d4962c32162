import { isCallable, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { MAX_PORT } from '../../ingress/address/port.ts'
import type { Endpoint } from '../../ingress/route-table/route-table.ts'
import type { EndpointRecord, EndpointSliceRecord, ServicePort } from './service-record.ts'

/**
 * The endpoints of one port of a Service, sorted by address and then by port. In an EndpointSlice, the port has the same name
 * as in the Service, but its number is the one on which the pods listen. Endpoints with host names are left out.
 */
export function endpointsOf(slices: readonly EndpointSliceRecord[], port: ServicePort): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    const target = portNumber(slice, port)
    if (slice.addressType === 'FQDN' || target === undefined) continue
    for (const record of slice.endpoints) add(found, endpointOf(record, target))
  }
  return [...found.values()].sort(byPlace)
}

/**
 * Adds an endpoint. While an endpoint moves from one EndpointSlice to another, it is in both of them for a moment. It counts as
 * ready if it is ready in one of them.
 */
function add(found: Map<string, Endpoint>, endpoint: Endpoint | undefined): void {
  if (!endpoint) return
  const key = `${endpoint.address} ${endpoint.port}`
  if (found.get(key)?.state !== 'ready') found.set(key, endpoint)
}

/** The number that the port has in this EndpointSlice. If a Service has only one port, this port may have no name. */
function portNumber({ ports }: EndpointSliceRecord, { name }: ServicePort): number | undefined {
  return ports.find((port) => (port.name ?? '') === (name ?? ''))?.port
}

/**
 * Makes an endpoint. If a pod is not ready, it may still have calls. Its endpoint then stays in the table but gets no new
 * calls.
 */
function endpointOf({ addresses, ready, terminating }: EndpointRecord, port: number): Endpoint | undefined {
  // All addresses of an endpoint lead to the same pod, so the first address is enough.
  const address = parseIpAddress(addresses[0] ?? '')
  if (!address || !isCallable(address) || port < 1 || port > MAX_PORT) return undefined
  return { address: address.text, port, state: ready && !terminating ? 'ready' : 'draining' }
}

function byPlace(a: Endpoint, b: Endpoint): number {
  if (a.address === b.address) return a.port - b.port
  return a.address < b.address ? -1 : 1
}
