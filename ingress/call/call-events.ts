/**
 * The facts about calls and packets from which logs and metrics are made. Names come from the table, and never from the
 * packet. Times are monotonic milliseconds.
 */
import type { JudgedSource } from '../lookup/judged-source.ts'
import type { MatchFailure } from '../lookup/match-rule.ts'
import type { NameState } from '../resolve/name-resolver.ts'
import type { AttemptResult, Peer } from '../sip/port/engine.ts'

/** How a call ended. docs/metrics.md explains each outcome. */
export type Outcome =
  | 'forwarded'
  | 'no_rule'
  | 'auth_drop'
  | 'rejected'
  | 'redirected'
  | 'no_backend'
  | 'rules_unavailable'
  | 'draining'
  | 'malformed'
  | 'cancelled'
  | 'over_limit'

/** Why no rule took a call. The first reasons come from the search for a rule. The last two say why there was no search. */
export type NoRuleReason = MatchFailure | 'called_unreadable' | 'called_not_owned'

/** Which limit refused a call. `overload`: none; the process had no time for the call. */
export type OverLimitReason =
  | 'trunk_calls_per_second'
  | 'trunk_concurrent_calls'
  | 'rule_calls_per_second'
  | 'rule_concurrent_calls'
  | 'overload'

export type NearMissReason = 'transport' | 'called'

/** Who sent a request that was shed. `proxied-stranger`: a trusted proxy, which named a stranger as the source. */
export type ShedSender = 'known' | 'proxied-stranger' | 'stranger'

/** The sender of the packet, and behind a trusted proxy also the source by which the call was judged. */
export interface CallSource extends Peer {
  /** The source that was judged instead of the proxy's own address. Present only if the packet came from a trusted proxy. */
  readonly judged?: JudgedSource
}

/** One attempt at a backend. If it took no time and its status is 0, nothing was sent. */
export interface CallAttempt {
  readonly backend: string
  /** `address:port` for an endpoint of a Service or an address of a name. For any other backend, its name again. */
  readonly place: string
  /** `unfinished`: the call ended earlier than the attempt, so the attempt's result is unknown. */
  readonly result: AttemptResult | 'unfinished'
  /** The status of the backend's final response. 0 if no final response came. */
  readonly status: number
  readonly beganAt: number
  readonly endedAt: number
}

/**
 * A backend of the rule that was passed over, completely or with some of its endpoints. `paused`: it is paused. `ejected`: calls
 * or probes have found it down, so all other targets came first. `no_endpoint`: it has no ready endpoint. `unresolved`: DNS has
 * given no address for its name. `no_socket`: no socket of this process reaches it.
 */
export interface PassedOver {
  readonly backend: string
  readonly result: 'paused' | 'ejected' | 'no_endpoint' | 'unresolved' | 'no_socket'
}

/** A decided INVITE. It is reported once: when its final response is sent, or when it is dropped. */
export interface CallDecided {
  readonly type: 'call'
  readonly decisionId: string
  readonly callId: string
  readonly source: CallSource
  readonly outcome: Outcome
  /** The exact final status. 0 if nothing was sent. */
  readonly status: number
  /** `namespace/name`. Empty if the call has no trunk. */
  readonly trunk: string
  readonly rule: string
  readonly reason: string
  readonly noRuleReason: NoRuleReason | undefined
  readonly overLimitReason: OverLimitReason | undefined
  readonly called: string
  readonly calling: string
  /** The backend whose answer ended the call. Empty if the call ended in another way. */
  readonly backend: string
  /** The attempts in the order in which they began, at most `MAX_TARGETS`. */
  readonly attempts: readonly CallAttempt[]
  /** The backends of the rule that were passed over. If a backend has two values of `result`, it is listed twice. */
  readonly passedOver: readonly PassedOver[]
  /** When the INVITE came to the application, when it was decided, and when the final response was sent. */
  readonly receivedAt: number
  readonly decidedAt: number
  readonly endedAt: number
}

/** How a probe of a backend ended. `unsent`: this process could not send it, which says nothing about the backend. */
export type ProbeOutcome = 'answered' | 'failed' | 'timeout' | 'transport' | 'unsent'

export type CallEvent =
  | CallDecided
  /** A rule was chosen for a call. Metrics count the call by this event, long before its end. */
  | { readonly type: 'rule-won'; readonly rule: string }
  /** A trunk calls one number so often that the calls may go in a circle. Reported once per number and window. */
  | { readonly type: 'number-repeated'; readonly trunk: string; readonly rule: string; readonly called: string }
  /** The first response of a backend, when it is relayed to the caller. */
  | {
      readonly type: 'first-response'
      readonly trunk: string
      readonly backend: string
      readonly status: number
      readonly seconds: number
    }
  | {
      readonly type: 'backend-attempt'
      readonly backend: string
      readonly result: AttemptResult
      readonly status: number
      /** Whether the backend sent a response before the attempt ended. */
      readonly heard: boolean
    }
  | {
      readonly type: 'backend-health'
      readonly backend: string
      /** `address:port` if the event is about one endpoint of a Service. Absent if the event is about the whole backend. */
      readonly endpoint?: string
      readonly up: boolean
      readonly reason: string
    }
  /** A probe of an address has ended. `failed`: it was answered by a status that counts as a failure. */
  | {
      readonly type: 'backend-probe'
      /** The backends that have the address and want it to be probed. */
      readonly backends: readonly string[]
      readonly result: ProbeOutcome
    }
  /** A look-up of a backend's name has ended. */
  | { readonly type: 'name-resolution'; readonly state: NameState }
  /** No rule has this name any more. */
  | { readonly type: 'name-forgotten'; readonly place: string }
  /** An admitted INVITE that ended without a final response. Invariant I2 says that this never happens. */
  | { readonly type: 'unanswered'; readonly trunk: string; readonly callId: string }
  /** A packet that got no answer: no byte was sent. */
  | { readonly type: 'dropped'; readonly source: CallSource; readonly reason: string; readonly method: string }
  /**
   * Requests that were shed: refused or dropped without a decision, because more came than the process could do. `calls`: the
   * number of INVITEs of known peers that were refused with 503, without repeats. These INVITEs have no `call` event.
   */
  | {
      readonly type: 'shed'
      readonly sender: ShedSender
      readonly requests: number
      readonly calls: number
      /** The longest time that one of these requests waited, in milliseconds. */
      readonly longestWaitMs: number
      /** The sender of the last of these requests. */
      readonly source: CallSource
    }
  /** Datagrams that the kernel dropped before they were read, because more came than the process could do. */
  | { readonly type: 'unread'; readonly datagrams: number }
  | {
      readonly type: 'near-miss'
      readonly source: CallSource
      readonly trunk: string
      readonly reason: NearMissReason
      readonly method: string
    }
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
