/** Reports packets that get no answer. A report gives the reason, and the trunks that almost admitted a stranger. */
import { type IpAddress, type IpPrefix, prefixContains } from '../address/ip-address.ts'
import type { NearMiss } from '../lookup/choose-trunk.ts'
import type { CallDeps } from './call-deps.ts'
import type { CallEvent } from './call-events.ts'

/**
 * The reason why a stranger is dropped. `source_rewritten`: the packet comes from an address of the node or of the pod
 * itself, so a Service has rewritten its source. A Service gives all senders the same source, so the sender may be anyone.
 */
export function strangerReason(address: IpAddress, ownAddress: readonly IpPrefix[]): 'stranger' | 'source_rewritten' {
  for (const own of ownAddress) if (prefixContains(own, address)) return 'source_rewritten'
  return 'stranger'
}

/** Reports a dropped packet. `nearMisses` are the trunks that almost admitted the packet. */
export function reportDrop(
  { emit }: Pick<CallDeps, 'emit'>,
  dropped: Extract<CallEvent, { type: 'dropped' }>,
  nearMisses: readonly NearMiss[],
): void {
  emit(dropped)
  const { source, method } = dropped
  for (const { trunk, reason } of nearMisses) emit({ type: 'near-miss', source, trunk: trunk.name, reason, method })
}
