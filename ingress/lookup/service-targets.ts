import { hostText, type IpAddress, parseIpAddress } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'
import type { ServiceEntry } from '../route-table/route-table.ts'

/**
 * A ready endpoint of a Service, in the form that a call needs. It is built when the entry changes, so that a call does not
 * build it.
 */
export interface ServiceTarget {
  /** Name of the Service's entry, which is the backend's name in metrics and logs. */
  readonly id: string
  /** The name under which the endpoint is paused, such as `10.0.0.5:5060` or `[2001:db8::5]:5060`. */
  readonly place: string
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName
  readonly uriParameters: string
}

/** A Service's port in the form that the live table stores. */
export interface IndexedService {
  readonly kind: 'service'
  readonly entry: ServiceEntry
  /** Endpoints that take new calls. An endpoint is left out if its address cannot be read. */
  readonly ready: readonly ServiceTarget[]
}

export function indexedService(entry: ServiceEntry): IndexedService {
  const { name, transport, endpoints } = entry
  const ready: ServiceTarget[] = []
  for (const { address: text, port, state } of endpoints) {
    const address = parseIpAddress(text)
    if (address === undefined || state !== 'ready') continue
    ready.push({ id: name, place: `${hostText(address)}:${port}`, address, port, transport, uriParameters: '' })
  }
  return { kind: 'service', entry, ready }
}
