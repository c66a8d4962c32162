/** The parts of core/v1 Services and discovery.k8s.io/v1 EndpointSlices that the compiler reads. */

export interface ServiceRecord {
  readonly namespace: string
  readonly name: string
  /** `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`. */
  readonly type: string
  readonly ports: readonly ServicePort[]
}

export interface ServicePort {
  /** The name of the port. Undefined or empty if the Service has only one port and this port has no name. */
  readonly name: string | undefined
  readonly port: number
  /** `UDP`, `TCP` or `SCTP`. */
  readonly protocol: string
}

export interface EndpointSliceRecord {
  readonly namespace: string
  readonly name: string
  /** The value of the label `kubernetes.io/service-name`. */
  readonly service: string
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  /**
   * The ports on which the endpoints listen. Their names are those of the Service's ports. A port without a number stands for
   * all ports.
   */
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly EndpointRecord[]
}

export interface EndpointPort {
  readonly name: string | undefined
  readonly port: number | undefined
  readonly protocol: string
}

export interface EndpointRecord {
  /** At least one address. All addresses lead to the same endpoint. The first one is used. */
  readonly addresses: readonly string[]
  /** False while the endpoint terminates. */
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}
