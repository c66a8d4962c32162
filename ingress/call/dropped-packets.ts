/** Packets that met silence: why, and whose call a stranger's almost was. */
import { type IpAddress, type IpPrefix, prefixContains } from '../address/ip-address.ts'
import type { NearMiss } from '../lookup/choose-trunk.ts'
import type { CallDeps } from './call-deps.ts'
import type { CallEvent } from './call-events.ts'

/**
 * Whether a stranger is one, or may be anyone at all: a packet that comes from the node or the pod itself has lost its
 * source to a Service that rewrites it, and the callers behind it cannot be told apart.
 */
export function strangerReason(address: IpAddress, ownAddress: readonly IpPrefix[]): 'stranger' | 'source_rewritten' {
  for (const own of ownAddress) if (prefixContains(own, address)) return 'source_rewritten'
  return 'stranger'
}

/** `nearMisses`: the trunks that almost admitted the packet. */
export function reportDrop(
  { emit }: Pick<CallDeps, 'emit'>,
  dropped: Extract<CallEvent, { type: 'dropped' }>,
  nearMisses: readonly NearMiss[],
): void {
  emit(dropped)
  const { source, method } = dropped
  for (const { trunk, reason } of nearMisses) emit({ type: 'near-miss', source, trunk: trunk.name, reason, method })
}
