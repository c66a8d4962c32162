/** What the compiler reads of core/v1 Services and of discovery.k8s.io/v1 EndpointSlices. */

export interface ServiceRecord {
  readonly namespace: string
  readonly name: string
  /** `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`. */
  readonly type: string
  readonly ports: readonly ServicePort[]
}

export interface ServicePort {
  /** Undefined or empty where a Service has one port and does not name it. */
  readonly name: string | undefined
  readonly port: number
  /** `UDP`, `TCP` or `SCTP`. */
  readonly protocol: string
}

export interface EndpointSliceRecord {
  readonly namespace: string
  readonly name: string
  /** Label `kubernetes.io/service-name`. */
  readonly service: string
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  /** Ports of the endpoints themselves, under the names of the Service's ports. One without a number stands for every port. */
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly EndpointRecord[]
}

export interface EndpointPort {
  readonly name: string | undefined
  readonly port: number | undefined
  readonly protocol: string
}

export interface EndpointRecord {
  /** At least one; all are the same endpoint, and the first is used. */
  readonly addresses: readonly string[]
  /** False while it terminates. */
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}
