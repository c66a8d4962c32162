/**
 * The drachtio engine: drachtio-servers speak SIP, and this process decides. It has the same interface as the native engine.
 */

import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import type { Application } from '../port/application.ts'
import type { SipEngine } from '../port/engine.ts'
import { acknowledgeOther, sendBye } from './dialog-relay.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import type { HandedRequest } from './drachtio-library.ts'
import { CLOSE_MS, OUTBOUND_IDLE_MS } from './limits.ts'
import { sendServerProbe } from './options-probe.ts'
import { listenForServers, type OutboundListener } from './outbound-listener.ts'
import { dispatchRequest, ROUTED_METHODS, reportHungUp } from './request-dispatch.ts'
import { openLink, type ServerLink } from './server-link.ts'
import { createReach } from './server-reach.ts'
import type { ServerSession, SessionEvents } from './server-session.ts'
import { type Reach, SessionWork } from './session-work.ts'

export interface DrachtioEngineOptions {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly config: DrachtioConfig
}

interface EngineState extends DrachtioEngineOptions {
  readonly reaches: Reach
  readonly works: Map<ServerSession, SessionWork>
  /**
   * Set while the engine closes, and called after each session that ends. After the last session, it resolves the promise of
   * `close`.
   */
  onSessionGone: (() => void) | undefined
}

/**
 * Connects to its servers, and connects again after each loss. Resolves before any server is connected. Rejects with `code`
 * `drachtio-listen-failed` if it cannot listen at an address of the outbound mode.
 */
export async function startDrachtioEngine(options: DrachtioEngineOptions): Promise<SipEngine> {
  const { clock, config, random, application } = options
  const onFault = (code: string, message: string): void => application.onEvent({ type: 'fault', code, message })
  const reaches = createReach(config, clock, onFault)
  const state: EngineState = { ...options, reaches, works: new Map(), onSessionGone: undefined }
  const listeners: OutboundListener[] = []
  try {
    for (const at of config.listen) {
      listeners.push(await listenForServers({ at, config, clock, onFault, events: outboundEvents(state) }))
    }
  } catch (error) {
    for (const listener of listeners) listener.close()
    throw error
  }
  const links = config.servers.map((address) =>
    openLink({ address, config, clock, random, onFault, events: linkEvents(state) }),
  )
  return engineOf(state, links, listeners)
}

function engineOf(state: EngineState, links: readonly ServerLink[], listeners: readonly OutboundListener[]): SipEngine {
  const size = (): number => [...state.works.values()].reduce((sum, work) => sum + work.size, 0)
  return {
    listening: listeners.map(({ address }) => address),
    get openTransactions() {
      return size()
    },
    get unfinishedTransactions() {
      return size()
    },
    /** It is enough if one server hands over calls. In the outbound mode, a server connects only when it has a call. */
    get unready() {
      const missing = links.map(({ unready }) => unready).filter((reason) => reason !== undefined)
      return listeners.length > 0 || missing.length < links.length ? [] : missing
    },
    // The server has the dialogs and finds them by Call-ID and tags. So this engine needs no cookies.
    setCookieKeys: () => undefined,
    probe: (request, done) => sendServerProbe({ works: state.works.values(), clock: state.clock }, request, done),
    close: () => close(state, links, listeners),
  }
}

function linkEvents(state: EngineState): SessionEvents {
  return {
    onReady: (session) => {
      state.works.set(session, new SessionWork(session, state.reaches))
      session.route(ROUTED_METHODS)
    },
    onRequest: (session, request) => onRequest(state, session, request),
    onEnd: (session) => onEnd(state, session),
  }
}

function outboundEvents(state: EngineState): SessionEvents {
  return {
    ...linkEvents(state),
    onReady: (session) => {
      const work = new SessionWork(session, state.reaches)
      state.works.set(session, work)
      endWhenIdle(state, work)
    },
  }
}

/** In the outbound mode, a connection is for one call. It is closed when the call is over. */
function endWhenIdle(state: EngineState, work: SessionWork): void {
  const look = (): void => {
    if (!state.works.has(work.session)) return
    if (work.size === 0) return work.session.end()
    state.clock.after(OUTBOUND_IDLE_MS, look, undefined)
  }
  state.clock.after(OUTBOUND_IDLE_MS, look, undefined)
}

function onRequest(state: EngineState, session: ServerSession, request: HandedRequest): void {
  const work = state.works.get(session)
  if (!work) return
  try {
    dispatchRequest(state, work, request)
  } catch (error) {
    state.application.onEvent({ type: 'fault', code: 'request-handler-failed', message: String(error) })
  }
}

function onEnd(state: EngineState, session: ServerSession): void {
  const work = state.works.get(session)
  state.works.delete(session)
  for (const call of work?.ringing() ?? []) call.lost()
  // Nobody tells this process how an answered call of a lost session ends, so the call counts as over.
  for (const { call } of work?.callers() ?? []) reportHungUp(state.application, call)
  state.onSessionGone?.()
}

/** A call that rings gets 503. An answered call gets a BYE on both legs, because only this process could end it. */
async function close(state: EngineState, links: readonly ServerLink[], listeners: readonly OutboundListener[]) {
  for (const listener of listeners) listener.close()
  for (const link of links) link.close()
  for (const work of state.works.values()) {
    endCalls(work)
    work.endRinging(() => {
      // While the 503s were sent, a call may have been answered. So the answered calls are ended once more.
      endCalls(work)
      work.session.end()
    })
  }
  await gone(state)
}

function endCalls(work: SessionWork): void {
  for (const leg of work.callers()) {
    const other = work.unbridge(leg)
    for (const one of other ? [leg, other] : [leg]) acknowledgeOther(one)
    sendBye(work, leg)
    if (other) sendBye(work, other)
  }
}

function gone(state: EngineState): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => {
      for (const session of state.works.keys()) session.cut()
    }
    const timer = state.clock.after(CLOSE_MS, cut, undefined)
    state.onSessionGone = () => {
      if (state.works.size > 0) return
      state.clock.cancel(timer)
      resolve()
    }
    state.onSessionGone()
  })
}
