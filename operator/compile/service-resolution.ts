import { type BackendServiceSpec, serviceText } from '../../crds/schema/backend-service.ts'
import type { Condition } from '../../crds/schema/conditions.ts'
import type { ServiceEntry } from '../../ingress/route-table/route-table.ts'
import { objectKey } from './object-name.ts'
import { endpointsOf } from './service-endpoints.ts'
import type { EndpointSliceRecord, ServicePort, ServiceRecord } from './service-record.ts'

/** Why a reference does not lead to a usable object. `reason` is a reason of the condition `ResolvedRefs`. */
export interface ReferenceFault {
  readonly reason: Condition<'ResolvedRefs'>['reason']
  readonly message: string
}

/**
 * The result of resolving a reference to a Service. If the Service has no ready endpoint, there is both an entry and a fault.
 */
export interface ServiceResolution {
  /** Undefined if the Service does not exist, or if it has no port to which calls can be sent. */
  readonly entry: ServiceEntry | undefined
  readonly fault: ReferenceFault | undefined
}

/**
 * Resolves references to the Services of a cluster. Each compilation makes its own resolver. The resolver resolves each
 * reference only once.
 */
export interface ServiceResolver {
  resolve(namespace: string, reference: BackendServiceSpec): ServiceResolution
  /** Returns the entry with this name: `namespace/name:port`. */
  entry(name: string): ServiceEntry | undefined
}

export interface ClusterServices {
  /**
   * Undefined: there is no cluster, and therefore no Services. `unwatched`: the operator has no permission to watch Services.
   * `elsewhere`: the manifests are for a cluster that cannot be asked. Every reference then counts as correct.
   */
  readonly services: readonly ServiceRecord[] | 'unwatched' | 'elsewhere' | undefined
  readonly endpointSlices: readonly EndpointSliceRecord[]
}

export function createServiceResolver({ services, endpointSlices }: ClusterServices): ServiceResolver {
  const byName = typeof services === 'object' && new Map(services.map((service) => [objectKey(service), service]))
  const slices = Map.groupBy(endpointSlices, ({ namespace, service }) => objectKey({ namespace, name: service }))
  const resolutions = new Map<string, ServiceResolution>()
  return {
    resolve: (namespace, reference) => {
      const entryName = serviceEntryName(namespace, reference)
      const known = resolutions.get(entryName)
      if (known) return known
      const key = objectKey({ namespace, name: reference.name })
      const found = byName
        ? resolution(byName.get(key), slices.get(key) ?? [], { reference, key, entryName })
        : UNSEEN[typeof services === 'string' ? services : 'none']
      resolutions.set(entryName, found)
      return found
    },
    entry: (name) => resolutions.get(name)?.entry,
  }
}

/** The name of a Service's port in rules and in the table. */
export function serviceEntryName(namespace: string, reference: BackendServiceSpec): string {
  return `${namespace}/${serviceText(reference)}`
}

/** The result for all references in case the Services are not known. */
const UNSEEN: Readonly<Record<'none' | 'unwatched' | 'elsewhere', ServiceResolution>> = {
  none: faulty('ServiceNotFound', 'Services exist in a cluster only: write uri'),
  unwatched: faulty(
    'ServicesUnwatched',
    'the operator may not watch Services and EndpointSlices: grant it get, list and watch on both; until then calls go to the endpoints that were known last',
  ),
  elsewhere: { entry: undefined, fault: undefined },
}

interface Asked {
  readonly reference: BackendServiceSpec
  /** `namespace/name` of the Service. */
  readonly key: string
  readonly entryName: string
}

function resolution(
  service: ServiceRecord | undefined,
  slices: readonly EndpointSliceRecord[],
  { reference, key, entryName }: Asked,
): ServiceResolution {
  if (!service) return faulty('ServiceNotFound', `Service ${key} does not exist: create it or correct service.name`)
  if (service.type === 'ExternalName') {
    return faulty('UnsupportedService', `Service ${key} is an ExternalName, which has no endpoints: write uri`)
  }
  const port = chosenPort(service, reference)
  if (!port) {
    const ports = service.ports.length === 0 ? 'no port' : service.ports.map(portText).join(', ')
    return faulty('PortNotFound', `Service ${key} has no port ${reference.port}; it has ${ports}`)
  }
  const { protocol } = port
  if (protocol !== 'UDP' && protocol !== 'TCP') {
    return faulty('UnsupportedService', `port ${portText(port)} of Service ${key} is neither UDP nor TCP`)
  }
  const { namespace } = service
  const endpoints = endpointsOf(slices, port)
  const transport = reference.transport ?? protocol
  const entry: ServiceEntry = { kind: 'service', name: entryName, namespace, transport, endpoints }
  return { entry, fault: endpoints.some(({ state }) => state === 'ready') ? undefined : notReady(slices, key) }
}

function faulty(reason: ReferenceFault['reason'], message: string): ServiceResolution {
  return { entry: undefined, fault: { reason, message } }
}

/**
 * Makes the fault of a Service without a ready endpoint. The message does not contain the number of endpoints. Otherwise the
 * message would change whenever an endpoint changes.
 */
function notReady(slices: readonly EndpointSliceRecord[], key: string): ReferenceFault {
  if (slices.some(({ addressType }) => addressType === 'FQDN')) {
    const message = `the endpoints of Service ${key} are host names, which this version cannot call: write addresses`
    return { reason: 'UnsupportedService', message }
  }
  if (slices.some(({ endpoints }) => endpoints.some(({ ready, terminating }) => ready && !terminating))) {
    const message = `the ready endpoints of Service ${key} cannot be called: an address is unspecified, multicast or broadcast, or the port is missing or none from 1 to 65535`
    return { reason: 'UnsupportedService', message }
  }
  return { reason: 'NoReadyEndpoints', message: `Service ${key} has no ready endpoint: look at its pods and selector` }
}

/**
 * Two ports of a Service may have the same number if their protocols differ. The port with the given transport is chosen. If
 * there is no such port, or no transport is given, UDP is chosen, because UDP is usual for SIP. If there is no UDP port, TCP is
 * chosen.
 */
function chosenPort({ ports }: ServiceRecord, { port, transport }: BackendServiceSpec): ServicePort | undefined {
  const meant = ports.filter((one) => (typeof port === 'number' ? one.port === port : one.name === port))
  const speaking = (protocol: string) => meant.find((one) => one.protocol === protocol)
  return (transport && speaking(transport)) ?? speaking('UDP') ?? speaking('TCP') ?? meant[0]
}

function portText({ name, port, protocol }: ServicePort): string {
  return name ? `${port} (${name}, ${protocol})` : `${port} (${protocol})`
}
