import type { ApiObject } from '../api/api-object.ts'
import { isRecord } from '../api/json-value.ts'
import type {
  EndpointPort,
  EndpointRecord,
  EndpointSliceRecord,
  ServicePort,
  ServiceRecord,
} from '../compile/service-record.ts'

type Fields = Readonly<Record<string, unknown>>

/** Reads the fields of a core/v1 Service that are needed for calls. Does not throw. A field that is absent is left out. */
export function watchedService(object: ApiObject): ServiceRecord {
  const { namespace, name } = object.metadata
  const spec = fields(object['spec'])
  return {
    namespace,
    name,
    type: text(spec['type']) ?? 'ClusterIP',
    ports: records(spec['ports']).flatMap(servicePort),
  }
}

/**
 * Reads the fields of a discovery.k8s.io/v1 EndpointSlice that are needed for calls. Does not throw. A field that is absent is
 * left out.
 */
export function watchedEndpointSlice(object: ApiObject): EndpointSliceRecord {
  const { namespace, name, labels } = object.metadata
  return {
    namespace,
    name,
    service: text(fields(labels)['kubernetes.io/service-name']) ?? '',
    addressType: ADDRESS_TYPES.find((type) => type === object['addressType']) ?? 'FQDN',
    ports: records(object['ports']).map(endpointPort),
    endpoints: records(object['endpoints']).map(endpoint),
  }
}

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'] as const

function servicePort(port: Fields): ServicePort[] {
  const number = port['port']
  if (typeof number !== 'number') return []
  return [{ name: text(port['name']), port: number, protocol: protocolOf(port) }]
}

function endpointPort(port: Fields): EndpointPort {
  const number = port['port']
  return {
    name: text(port['name']),
    port: typeof number === 'number' ? number : undefined,
    protocol: protocolOf(port),
  }
}

/** The protocol of a port. If a port has no protocol, Kubernetes reads it as TCP. */
function protocolOf(port: Fields): string {
  return text(port['protocol']) ?? 'TCP'
}

function endpoint(value: Fields): EndpointRecord {
  const conditions = fields(value['conditions'])
  const addresses = Array.isArray(value['addresses']) ? value['addresses'] : []
  const ready = conditions['ready'] !== false
  const serving = conditions['serving']
  return {
    addresses: addresses.filter((address) => typeof address === 'string'),
    ready,
    serving: typeof serving === 'boolean' ? serving : ready,
    terminating: conditions['terminating'] === true,
  }
}

function fields(value: unknown): Fields {
  return isRecord(value) ? value : {}
}

function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
