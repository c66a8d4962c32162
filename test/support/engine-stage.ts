/** One stage for every engine: a caller, a stranger, two backends in failover order, and the application behind the engine. */
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import type { RouteAction } from '../../ingress/route-table/route-table.ts'
import type { ProbeRequest, ProbeResult } from '../../ingress/sip/port/engine.ts'
import { systemTimerHost } from '../../ingress/time/system-timer.ts'
import { createTimerWheel } from '../../ingress/time/timer-wheel.ts'
import { type ApplicationParts, applicationOn, routeAction, ruleEntry, trunkEntry } from './engine-harness.ts'
import type { RequestText, ResponseText } from './sip-text.ts'

export interface EngineStage extends Pick<ApplicationParts, 'calls' | 'events' | 'drain'> {
  /** Sends an INVITE, or another request, to a number for which the rule matches. */
  send(change?: RequestText, from?: 'peer' | 'stranger'): Promise<StageCaller>
  /** The first INVITE that a backend receives, or that of a certain call. */
  invited(backend: 0 | 1, mark?: string): Promise<StageInvite>
  /** Whether a backend has received the INVITE of a call. */
  hasInvited(backend: 0 | 1, mark: string): boolean
  /** Asks a backend by OPTIONS whether it is alive; for 20 s, by default. */
  probe(backend: 0 | 1, change?: Partial<ProbeRequest>): Promise<ProbeResult>
  /** The first OPTIONS that a backend receives. */
  asked(backend: 0 | 1): Promise<StageInvite>
  /** Closes a backend: from now on nothing listens there. */
  lose(backend: 0 | 1): void
  /** Ends the process and starts another in its place. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface StageCaller {
  /** Statuses above 100, without repeats. */
  statuses(): number[]
  /** Whether the caller has received no packet at all. */
  silent(): boolean
  /** The final response. */
  final(): Promise<string>
  /** Resolves when the caller has received this status. */
  receives(status: number): Promise<void>
  cancel(): Promise<void>
  /** Sends a request inside the answered call. */
  inside(method: string, content?: Pick<RequestText, 'body' | 'extra'>): Promise<StageCaller>
}

export interface StageInvite {
  readonly text: string
  answer(status: number, change?: ResponseText): Promise<void>
  /** Resolves with this request of the call when the backend has received it. */
  gets(method: string): Promise<string>
}

export interface StageOptions {
  /** Changes of the rule's route. Its times are real, and by default longer than any test. */
  readonly route?: Partial<RouteAction>
}

/** The header by which tests recognise a call: an engine may change the Call-ID. */
export const MARK = 'X-Mark'

/** A probe of a backend at `address:port`. */
export function probeOf(place: string, change: Partial<ProbeRequest>): ProbeRequest {
  const [host = '', port] = place.split(':')
  const address = parseIpAddress(host)
  if (!address) throw new TypeError(`${place} has no address`)
  const target = { id: `sip:${place}`, address, port: Number(port), transport: undefined, uriParameters: '' }
  return { target, user: undefined, timeoutMs: 20_000, ...change }
}

export interface StageParts extends ApplicationParts {
  readonly clock: ReturnType<typeof createTimerWheel>
}

/** The application on the system's clock, with a table for these addresses. */
export function stageParts(
  { route = {} }: StageOptions,
  at: { readonly peer: string; readonly backends: readonly [string, string] },
): StageParts {
  const clock = createTimerWheel(systemTimerHost(), {
    onError: (error) => {
      throw error
    },
  })
  const backends = at.backends.map((place, tier) => {
    const [address = '', port = ''] = place.split(':')
    return { uri: `sip:${place}`, address, port: Number(port), uriParameters: '', weight: 1, tier }
  })
  const entries = [
    trunkEntry({ sources: [`${at.peer}/32`] }),
    ruleEntry({ action: routeAction({ backends, backendTimeout: 20_000, ringingTimeout: 60_000, ...route }) }),
  ]
  return { clock, ...applicationOn(clock, { entries }) }
}
