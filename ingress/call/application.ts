/** The application behind the engine port: who is known, and what becomes of each request. */
import { chooseTrunk, type TrunkVerdict } from '../lookup/choose-trunk.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { Application } from '../sip/port/application.ts'
import type { Peer } from '../sip/port/engine.ts'
import type { EngineEvent } from '../sip/port/events.ts'
import { NO_ATTEMPTS } from './call-attempts.ts'
import type { CallDeps } from './call-deps.ts'
import { callSource } from './call-source.ts'
import { NOTHING_PASSED_OVER } from './call-targets.ts'
import { handleInDialog } from './handle-in-dialog.ts'
import { handleInvite } from './handle-invite.ts'
import { handleOptions } from './handle-options.ts'
import { strangerReason } from './stranger-reason.ts'

export function createApplication(deps: CallDeps): Application {
  const { table } = deps
  return {
    isKnown: (peer) => isKnownPeer(table, peer),
    mayAnswer: (peer) => isKnownPeer(table, peer) || table.isContact(peer.address),
    headersRead: () => table.headersRead,
    onInvite: (call) => handleInvite(call, deps),
    onOptions: (request) => handleOptions(request, deps),
    onDialogRequest: (request) => handleInDialog(request, table),
    onEvent: (event) => tellEngineEvent(event, deps),
  }
}

/** A trunk's source counts only over the trunk's transports; backends and trusted proxies are peers over any. */
function isKnownPeer(table: LiveTable, peer: Peer): boolean {
  const facts = table.peer(peer.address)
  if (facts.isBackend || facts.proxyOf.size > 0) return true
  for (const trunk of facts.sourceOf.keys()) if (trunk.entry.transports.includes(peer.transport)) return true
  return false
}

/** What the engine has dropped or refused by itself, told as what became of calls and packets. */
function tellEngineEvent(event: EngineEvent, deps: CallDeps): void {
  switch (event.type) {
    case 'dropped':
      return tellDrop(event, deps)
    case 'refused':
      return tellRefusal(event, deps)
    case 'fault':
      return deps.emit(event)
  }
}

function tellDrop(event: Extract<EngineEvent, { type: 'dropped' }>, deps: CallDeps): void {
  const { peer, reason: dropped, method, request } = event
  const reason = dropped === 'stranger' ? strangerReason(peer.address, deps.ownAddress) : dropped
  const source = callSource(deps.table, sourced(event))
  deps.emit({ type: 'dropped', source, reason, method })
  const verdict = dropped === 'stranger' && request ? chooseTrunk(deps.table, request) : undefined
  if (verdict?.type !== 'stranger') return
  for (const { trunk, reason: missed } of verdict.nearMisses) {
    deps.emit({ type: 'near-miss', source, trunk: trunk.name, reason: missed, method })
  }
}

/** What its Vias say, whether it could be read or not. */
function sourced({ peer, request, recordedSources = [] }: Exclude<EngineEvent, { type: 'fault' }>) {
  return request ?? { peer, recordedSources: () => recordedSources }
}

function refusedTrunk(verdict: TrunkVerdict): TrunkEntry | undefined {
  switch (verdict.type) {
    case 'admitted':
    case 'not_owned':
      return verdict.trunk
    case 'unreadable':
    case 'known':
    case 'stranger':
      return undefined
  }
}

/** Only INVITEs outside a dialog are calls; anything else that was refused has had its answer and needs no count of its own. */
function tellRefusal(event: Extract<EngineEvent, { type: 'refused' }>, deps: CallDeps): void {
  if (event.method !== 'INVITE' || event.inDialog) return
  const { peer, status, reason, decisionId, request } = event
  const trunk = request && refusedTrunk(chooseTrunk(deps.table, request))
  const now = deps.now()
  deps.emit({
    type: 'call',
    decisionId,
    callId: request?.callId ?? '',
    source: callSource(deps.table, sourced(event), trunk),
    outcome: event.stranger ? 'auth_drop' : 'malformed',
    status,
    trunk: trunk?.name ?? '',
    rule: '',
    reason,
    noRuleReason: undefined,
    called: '',
    calling: '',
    backend: '',
    attempts: NO_ATTEMPTS,
    passedOver: NOTHING_PASSED_OVER,
    receivedAt: now,
    decidedAt: now,
    endedAt: now,
  })
  if (!event.stranger) return
  const dropped = strangerReason(peer.address, deps.ownAddress)
  deps.emit({ type: 'dropped', source: peer, reason: dropped, method: event.method })
}
