import type { NearMiss } from '../lookup/choose-trunk.ts'
import type { CallDeps } from './call-deps.ts'
import { type Decision, tell } from './decision.ts'
import { strangerReason } from './stranger-reason.ts'

/** Zero bytes (invariant I1), unless the engine has already spoken; and whose call it almost was. */
export function dropStranger(decision: Decision, deps: CallDeps, nearMisses: readonly NearMiss[]): void {
  const { peer, method } = decision.call
  const decidedAt = deps.now()
  const status = decision.call.drop() === '503' ? 503 : 0
  if (!decision.call.repeated) {
    tell(decision, deps, { outcome: 'auth_drop', status, reason: 'no trunk admits this source' }, decidedAt)
  }
  deps.emit({ type: 'dropped', source: peer, reason: strangerReason(peer.address, deps.ownAddress), method })
  for (const { trunk, reason } of nearMisses) {
    deps.emit({ type: 'near-miss', source: peer, trunk: trunk.name, reason, method })
  }
}
