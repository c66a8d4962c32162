import { isCallable, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { MAX_PORT } from '../../ingress/address/port.ts'
import type { Endpoint } from '../../ingress/route-table/route-table.ts'
import type { EndpointRecord, EndpointSliceRecord, ServicePort } from './service-record.ts'

/**
 * The endpoints behind one port of a Service, by address, then port. A slice names the Service's port and holds the
 * number that the pods listen on. Host names are left out.
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

/** An endpoint on its way from one slice to another stands in both for a moment: what is ready in one is ready. */
function add(found: Map<string, Endpoint>, endpoint: Endpoint | undefined): void {
  if (!endpoint) return
  const key = `${endpoint.address} ${endpoint.port}`
  if (found.get(key)?.state !== 'ready') found.set(key, endpoint)
}

/** A Service with one port need not name it. */
function portNumber({ ports }: EndpointSliceRecord, { name }: ServicePort): number | undefined {
  return ports.find((port) => (port.name ?? '') === (name ?? ''))?.port
}

/** A pod that is not ready, or no longer, may still hold calls: it stays known, but gets no new one. */
function endpointOf({ addresses, ready, terminating }: EndpointRecord, port: number): Endpoint | undefined {
  // All addresses of an endpoint lead to the same pod, so that any one of them will do.
  const address = parseIpAddress(addresses[0] ?? '')
  if (!address || !isCallable(address) || port < 1 || port > MAX_PORT) return undefined
  return { address: address.text, port, state: ready && !terminating ? 'ready' : 'draining' }
}

function byPlace(a: Endpoint, b: Endpoint): number {
  if (a.address === b.address) return a.port - b.port
  return a.address < b.address ? -1 : 1
}
