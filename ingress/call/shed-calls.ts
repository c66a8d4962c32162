/** Reports requests that were shed because the process is behind. Nothing was looked up for them, so they have no trunk. */
import type { EngineEvent, ShedSender } from '../sip/port/events.ts'
import type { CallDeps } from './call-deps.ts'
import { callSource } from './call-source.ts'
import { callDecided, type Ending } from './decision-record.ts'
import { strangerReason } from './dropped-packets.ts'

/** How a shed INVITE ended, by its sender. `proxied-stranger` gets what a stranger behind a trusted proxy always gets. */
const ENDINGS: Readonly<Record<ShedSender, Ending>> = {
  known: { outcome: 'over_limit', status: 503, reason: 'overload' },
  'proxied-stranger': { outcome: 'rejected', status: 403, reason: 'no trunk admits this peer' },
  stranger: { outcome: 'auth_drop', status: 0, reason: 'overload' },
}

/** An INVITE is reported as a call once. A stranger's packets are reported one by one, as always. */
export function reportShed(event: Extract<EngineEvent, { type: 'shed' }>, deps: CallDeps): void {
  const { peer, method, sender, repeated } = event
  deps.emit({ type: 'shed', sender })
  if (method === 'INVITE' && !repeated) reportCall(event, deps)
  if (sender !== 'stranger') return
  const reason = strangerReason(peer.address, deps.ownAddress)
  deps.emit({ type: 'dropped', source: peer, reason, method })
}

function reportCall(event: Extract<EngineEvent, { type: 'shed' }>, deps: CallDeps): void {
  const { peer, sender, request, callId, tag, arrivedAt } = event
  const source = request ? callSource(deps.table, request) : peer
  const now = deps.now()
  const nothing = { trunk: undefined, rule: undefined, called: '', calling: '' }
  const decision = { id: tag, call: { callId }, receivedAt: arrivedAt, source, ...nothing }
  // Without a table, everyone is a stranger.
  const outcome = sender === 'stranger' && !deps.table.loaded ? 'rules_unavailable' : ENDINGS[sender].outcome
  deps.emit(callDecided(decision, { ...ENDINGS[sender], outcome }, { decidedAt: now, endedAt: now }))
}
