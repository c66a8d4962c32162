/** Which addresses a name may have. A known peer is answered, so a name that anybody changes must not make everyone a peer. */
import { isLoopback, isUnicast } from '../address/address-kind.ts'
import { type IpAddress, type IpPrefix, prefixContains, sameAddress } from '../address/ip-address.ts'

/** Why an address of a name is not used. */
export type AddressFault = 'unusable' | 'loopback' | 'own'

export interface AddressRule {
  /** Addresses of this process, its pod and its node. */
  readonly own: readonly IpAddress[]
  /** Networks of which loopback addresses and own addresses are used all the same: for a trial on one machine. */
  readonly allowed: readonly IpPrefix[]
}

/**
 * Why the address is not used. Undefined if it is used. `unusable`: no packet can be sent to it as the address of one host
 * (0.0.0.0/8, multicast, broadcast, link-local of IPv6 without its zone, `::a.b.c.d`). `loopback`: in a pod that is the pod
 * itself. `own`: calls would come back here, and if a Service rewrites sources, everyone has this address.
 */
export function addressFault(address: IpAddress, { own, allowed }: AddressRule): AddressFault | undefined {
  if (!isUnicast(address)) return 'unusable'
  if (allowed.some((network) => prefixContains(network, address))) return undefined
  if (isLoopback(address)) return 'loopback'
  return own.some((one) => sameAddress(one, address)) ? 'own' : undefined
}
