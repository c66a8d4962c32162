/** The application, which the engine calls. It decides which senders are known, and what is done with each request. */
import { chooseTrunk, type NearMiss, trunkOf } from '../lookup/choose-trunk.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { admittedBy } from '../lookup/peer-index.ts'
import type { Application } from '../sip/port/application.ts'
import type { Peer } from '../sip/port/engine.ts'
import type { EngineEvent } from '../sip/port/events.ts'
import type { CallDeps } from './call-deps.ts'
import { callSource } from './call-source.ts'
import { callDecided } from './decision-record.ts'
import { reportDrop, strangerReason } from './dropped-packets.ts'
import { handleInDialog } from './handle-in-dialog.ts'
import { handleInvite } from './handle-invite.ts'
import { handleOptions } from './handle-options.ts'
import { endHungUp } from './over-limit.ts'
import { reportShedKnown, reportShedStranger } from './shed-calls.ts'

const NO_NEAR_MISSES: readonly NearMiss[] = []

export function createApplication(deps: CallDeps): Application {
  const { table } = deps
  return {
    isKnown: (peer) => isKnownPeer(table, peer),
    mayAnswer: (peer) => isKnownPeer(table, peer) || table.isContact(peer.address),
    isTrustedProxy: (peer) => table.peer(peer.address).proxyOf.size > 0,
    admits: (request) => trunkOf(chooseTrunk(table, request)) !== undefined,
    headersRead: () => table.headersRead,
    onInvite: (call) => handleInvite(call, deps),
    onOptions: (request) => handleOptions(request, deps),
    onDialogRequest: (request) => handleInDialog(request, table),
    onEvent: (event) => reportEngineEvent(event, deps),
  }
}

/**
 * Whether the sender is a peer. A source of a trunk is a peer only on the trunk's transports. Backends and trusted proxies
 * are peers on every transport.
 */
function isKnownPeer(table: LiveTable, peer: Peer): boolean {
  const facts = table.peer(peer.address)
  return facts.isBackend || facts.proxyOf.size > 0 || admittedBy(facts, peer.transport).length > 0
}

/** Reports packets that the engine dropped and requests that the engine refused, as events of packets and calls. */
function reportEngineEvent(event: EngineEvent, deps: CallDeps): void {
  switch (event.type) {
    case 'dropped':
      return reportDropped(event, deps)
    case 'refused':
      return reportRefusal(event, deps)
    case 'shed':
      return reportShedStranger(event, deps)
    case 'shed-known':
      return reportShedKnown(event, deps)
    case 'hung-up':
      return endHungUp(event, deps)
    case 'unread':
    case 'fault':
      return deps.emit(event)
  }
}

function reportDropped(event: Extract<EngineEvent, { type: 'dropped' }>, deps: CallDeps): void {
  const { peer, reason: dropped, method, request } = event
  const isStranger = dropped === 'stranger'
  const reason = isStranger ? strangerReason(peer.address, deps.ownAddress) : dropped
  const source = callSource(deps.table, sourced(event))
  const verdict = isStranger && request ? chooseTrunk(deps.table, request) : undefined
  const nearMisses = verdict?.type === 'stranger' ? verdict.nearMisses : NO_NEAR_MISSES
  reportDrop(deps, { type: 'dropped', source, reason, method }, nearMisses)
}

/**
 * The facts from which the source of a request is found. They come from the request, or from the event if the request could
 * not be read.
 */
function sourced({ peer, request, recordedSources = [] }: Extract<EngineEvent, { type: 'dropped' | 'refused' }>) {
  return request ?? { peer, recordedSources: () => recordedSources }
}

/**
 * Reports a request that the engine refused. Only INVITEs outside a dialog are calls, and no other refused request is
 * reported. The engine does not give refused requests to the application, so the trunk is looked up here. Refusals are
 * rare.
 */
function reportRefusal(event: Extract<EngineEvent, { type: 'refused' }>, deps: CallDeps): void {
  if (event.method !== 'INVITE' || event.inDialog) return
  const { peer, status, reason, decisionId, request, stranger } = event
  const trunk = request && trunkOf(chooseTrunk(deps.table, request))
  const source = callSource(deps.table, sourced(event), trunk)
  const now = deps.now()
  const call = { callId: request?.callId ?? '' }
  const decision = { id: decisionId, call, receivedAt: now, source, trunk, rule: undefined, called: '', calling: '' }
  const ending = { outcome: stranger ? 'auth_drop' : 'malformed', reason } as const
  deps.emit(callDecided(decision, ending, { status, decidedAt: now }, now))
  if (!stranger) return
  const dropped = strangerReason(peer.address, deps.ownAddress)
  deps.emit({ type: 'dropped', source: peer, reason: dropped, method: event.method })
}
