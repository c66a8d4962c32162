/**
 * What became of calls and packets: the facts that logs and metrics are made of. Names come from the table, never from
 * the packet; times are monotonic milliseconds.
 */
import type { JudgedSource } from '../lookup/judged-source.ts'
import type { MatchFailure } from '../lookup/match-rule.ts'
import type { AttemptResult, Peer } from '../sip/port/engine.ts'

/** What became of a call; docs/metrics.md lists them. */
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

/** Why no rule took a call: what matching says, or why it was not asked. */
export type NoRuleReason = MatchFailure | 'called_unreadable' | 'called_not_owned'

export type NearMissReason = 'transport' | 'called'

/** Who sent the packet, and whose call it was taken for where that is somebody else. */
export interface CallSource extends Peer {
  /** There where the packet came from a trusted proxy: what counted in the place of its own address. */
  readonly judged?: JudgedSource
}

/** One try of a backend. Nothing was sent where it took no time and has no status. */
export interface CallAttempt {
  readonly backend: string
  /** The backend's name again, or `address:port` of one endpoint of a Service. */
  readonly place: string
  /** `unfinished`: the call ended first, and nobody knows what became of it. */
  readonly result: AttemptResult | 'unfinished'
  /** The status of the backend's final response; 0 where none came. */
  readonly status: number
  readonly beganAt: number
  readonly endedAt: number
}

/**
 * A backend of the rule that the call could not try, in whole or in part: paused, without a ready endpoint, or no socket of
 * this process reaches it.
 */
export interface PassedOver {
  readonly backend: string
  readonly result: 'paused' | 'no_endpoint' | 'no_socket'
}

/** A decided INVITE, reported once: when its final response is sent, or when it is dropped. */
export interface CallDecided {
  readonly type: 'call'
  readonly decisionId: string
  readonly callId: string
  readonly source: CallSource
  readonly outcome: Outcome
  /** Exact final status; 0 where nothing was sent. */
  readonly status: number
  /** `namespace/name`; empty where none applies. */
  readonly trunk: string
  readonly rule: string
  readonly reason: string
  readonly noRuleReason: NoRuleReason | undefined
  readonly called: string
  readonly calling: string
  /** The backend whose answer ended the call; empty if none. */
  readonly backend: string
  /** The backends that were tried, in the order of their tries; at most `MAX_TARGETS`. */
  readonly attempts: readonly CallAttempt[]
  /** Those of the rule that were not; each backend once for each result. */
  readonly passedOver: readonly PassedOver[]
  /** When the INVITE was handed to the application, when it was decided, when the final response went out. */
  readonly receivedAt: number
  readonly decidedAt: number
  readonly endedAt: number
}

export type CallEvent =
  | CallDecided
  /** A rule has won a call: counted when it wins. */
  | { readonly type: 'rule-won'; readonly rule: string }
  /** The first response of a backend that is relayed to the caller. */
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
      /** Whether the backend has said anything before the attempt ended. */
      readonly heard: boolean
    }
  | {
      readonly type: 'backend-health'
      readonly backend: string
      /** `address:port` where it is about one endpoint of a Service and not about the backend as a whole. */
      readonly endpoint?: string
      readonly up: boolean
      readonly reason: string
    }
  /** An admitted INVITE that ended without a final response: must never happen (invariant I2). */
  | { readonly type: 'unanswered'; readonly trunk: string; readonly callId: string }
  /** A packet that got zero bytes. */
  | { readonly type: 'dropped'; readonly source: CallSource; readonly reason: string; readonly method: string }
  | {
      readonly type: 'near-miss'
      readonly source: CallSource
      readonly trunk: string
      readonly reason: NearMissReason
      readonly method: string
    }
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
