/**
 * Reports requests that were shed: refused or dropped without a decision, because more comes than the process can do. Nothing
 * was looked up for them, so they have no trunk.
 */
import type { EngineEvent } from '../sip/port/events.ts'
import type { CallDeps } from './call-deps.ts'
import { callSource } from './call-source.ts'
import { callDecided, type Ending } from './decision-record.ts'
import { strangerReason } from './dropped-packets.ts'

type EventOf<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>

export function reportShedKnown(event: EventOf<'shed-known'>, deps: CallDeps): void {
  const { requests, calls, longestWaitMs, lastPeer: source } = event
  deps.emit({ type: 'shed', sender: 'known', requests, calls, longestWaitMs, source })
}

/**
 * Reports a stranger's INVITE as a call, without its repeats. If the sender of the packet is itself the stranger, each packet
 * is also reported as dropped, as at other times.
 */
export function reportShedStranger(event: EventOf<'shed'>, deps: CallDeps): void {
  const { peer, method, sender, repeated, request } = event
  const source = request ? callSource(deps.table, request) : peer
  deps.emit({ type: 'shed', sender, requests: 1, calls: 0, longestWaitMs: 0, source })
  if (method === 'INVITE' && !repeated) reportCall(event, deps)
  if (sender === 'stranger') {
    deps.emit({ type: 'dropped', source: peer, reason: strangerReason(peer.address, deps.ownAddress), method })
  }
}

function reportCall({ peer, sender, request }: EventOf<'shed'>, deps: CallDeps): void {
  const now = deps.now()
  const nothing = { trunk: undefined, rule: undefined, called: '', calling: '' }
  const source = request ? callSource(deps.table, request) : peer
  const call = { callId: request?.callId ?? '' }
  const decision = { id: deps.newId(), call, receivedAt: now, source, ...nothing }
  const ending = sender === 'stranger' ? strangerEnding(deps) : FORBIDDEN
  const status = sender === 'stranger' ? 0 : 403
  deps.emit(callDecided(decision, ending, { status, decidedAt: now }, now))
}

/** The ending of a call that a trusted proxy sent for a stranger. It is the same as at other times. */
const FORBIDDEN: Ending = { outcome: 'rejected', reason: 'no trunk admits this peer' }

/** Without a table, everyone is a stranger. */
function strangerEnding({ table }: CallDeps): Ending {
  return { outcome: table.loaded ? 'auth_drop' : 'rules_unavailable', reason: 'overload' }
}
