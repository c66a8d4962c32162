/**
 * The SIP engine port: how calls reach the application, whatever stands below. Nothing of the wire leaks through:
 * no bytes, no sockets, no transactions. An engine parses, keeps transactions and speaks; the application decides.
 */
import type { IpAddress } from '../../address/ip-address.ts'
import type { TransportName } from '../../address/transport-name.ts'

export type { TransportName }

/** Who sent the packet: its source, never a header that the sender wrote. */
export interface Peer {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName
}

/**
 * A URI as the application needs it: user decoded (RFC 3261 §19.1.2), host as written. The user of a tel URI is its
 * subscriber with the parameters, as it stands in the user part of a SIP URI (§19.1.6).
 */
export interface RequestUri {
  readonly scheme: string
  readonly user: string | undefined
  readonly host: string
}

/**
 * What a Via says of where the request came from: an address; `ambiguous` where the Via says something twice; undefined
 * where it names no address.
 */
export type RecordedSource = IpAddress | 'ambiguous' | undefined

/** What the application may read of a request. Everything is decoded when asked for, not before. */
export interface InboundRequest {
  readonly peer: Peer
  readonly method: string
  readonly callId: string
  readonly requestUri: RequestUri
  /** User part of the To, From and first P-Asserted-Identity URI, like that of `requestUri`; undefined where there is none. */
  readonly toUser: string | undefined
  readonly fromUser: string | undefined
  readonly assertedUser: string | undefined
  /** The name of every header, in order, long and in lower case; as often as it stands there. */
  headerNames(): readonly string[]
  /** Every value of a header, in order, lists split (RFC 3261 §7.3.1). The name in any case, long or compact. */
  header(name: string): readonly string[]
  /**
   * The addresses that proxies recorded in the Via headers below the sender's own: nearest first, `received` before
   * sent-by. Worth only as much as trust in the proxy that wrote it.
   */
  recordedSources(): readonly RecordedSource[]
}

/** A final answer of our own. */
export interface Answer {
  readonly status: number
  readonly reason: string
  /** Why, for a trace that explains itself: a Warning header with the engine's name (RFC 3261 §20.43). */
  readonly warning?: string
  /** The code of that Warning: 399, miscellaneous, unless given. */
  readonly warningCode?: number
  /** More headers, in order. Control characters in a value are left out. */
  readonly headers?: readonly HeaderField[]
}

export interface HeaderField {
  readonly name: string
  readonly value: string
}

/**
 * A new INVITE, outside any dialog. Exactly one verb must be called, before the handler returns: the decision comes from
 * memory. An engine answers 500 to a call that nobody has decided, so that no caller is left without an answer.
 */
export interface InboundCall extends InboundRequest {
  /** The engine has already sent a provisional response: silence would leave the caller ringing (invariant I2). */
  readonly provisionalSent: boolean
  /** A stranger's INVITE that has been here a moment ago, as far as the engine remembers: its fate has been reported already. */
  readonly repeated: boolean
  /** Silence. Where a provisional is already out it becomes 503; the answer says what went on the wire. */
  drop(): 'none' | '503'
  respond(answer: Answer): void
  /**
   * For a source that nobody vouches for, which may be that of a victim: one answer to this datagram, without state and
   * repeated only for a repeat of the INVITE, bounded per source and in all. False: it was one too many, and got silence. An
   * engine that has spoken already answers as ever.
   */
  respondOnce(answer: Answer): boolean
  proxy(plan: ProxyPlan): void
  /**
   * Whether the engine has a socket of the target's family and transport, so that a try is worth a caller's time. Says nothing
   * about whether anybody is there.
   */
  canReach(target: Pick<ProxyTarget, 'address' | 'transport'>): boolean
}

/** An OPTIONS or an unsupported method outside a dialog, from a known peer. */
export interface InboundPlain extends InboundRequest {
  respond(answer: Answer): void
}

/** A backend as the engine needs it. */
export interface ProxyTarget {
  /** The backend's name in metrics and logs: its URI as the rule writes it. */
  readonly id: string
  readonly address: IpAddress
  readonly port: number
  /** Undefined: UDP, or TCP where the request is too large for a datagram (RFC 3261 §18.1.1). */
  readonly transport: TransportName | undefined
  /** URI parameters other than transport that the Request-URI must carry on, with their leading `;`. */
  readonly uriParameters: string
}

export type FailoverCondition = 'timeout' | 'transport' | number

/** What changes in a request and its responses beyond what a proxy must change. */
export interface RelayEdits {
  /** Each replaces every value that the sender wrote under its name. */
  readonly setHeaders: readonly HeaderField[]
  readonly removeHeaders: readonly string[]
  /** P-Asserted-Identity in the responses (RFC 3325): kept, kept unless they ask for privacy, or removed. */
  readonly responseIdentity: ResponseIdentity
}

/**
 * What of the caller is called: its Contact; its Contact where that is public, or its packet source's own address; its
 * packet source alone. A Contact that cannot be called gives way to the packet source in any case.
 */
export type CallerTarget = 'contact' | 'public-contact' | 'source'

export type ResponseIdentity = 'keep' | 'hide-private' | 'remove'

/** What to do with a call that a rule routes. */
export interface ProxyPlan extends RelayEdits {
  /** In the order in which they are tried: by tier, inside a tier drawn by weight. Never empty; each can be reached. */
  readonly targets: readonly ProxyTarget[]
  /** The user of the Request-URI towards the backend as it stands there, escaped; '' leaves it out, undefined keeps the caller's. */
  readonly requestUser: string | undefined
  /** Milliseconds without any response, after which the next target is tried; undefined: Timer B alone decides. */
  readonly backendTimeout: number | undefined
  /** Milliseconds from the first 18x, after which the branch is cancelled; undefined: Timer C alone decides. */
  readonly ringingTimeout: number | undefined
  readonly failoverOn: ReadonlySet<FailoverCondition>
  /** Whether an 18x that was relayed forbids failover. */
  readonly failover: 'Always' | 'BeforeRinging'
  /** Where requests inside the dialog find the caller, if no proxy between has record-routed. Absent: at its Contact. */
  readonly callerTarget?: CallerTarget
  /** Comes back with every request inside the dialog: which rule the call belongs to. At most MAX_DIALOG_DATA_BYTES. */
  readonly dialogData: string
  /** What the caller gets when no target accepted and none sent anything better (RFC 3261 §16.7 step 6). */
  readonly exhausted: Answer
  /** Called once, when the final response has gone to the caller. */
  readonly done: (result: ProxyResult) => void
  /** Called as each attempt begins and once it has ended, and for the first response that is relayed. */
  readonly progress: (step: ProxyProgress) => void
}

/**
 * Nothing was sent with the last two: `passed_over`, because the engine must not send there; `no_socket`, because it has no
 * socket of that family and transport.
 */
export type AttemptResult =
  | 'answered'
  | 'refused'
  | 'timeout'
  | 'transport'
  | 'cancelled'
  | 'late'
  | 'passed_over'
  | 'no_socket'

export type ProxyProgress =
  | { readonly type: 'began'; readonly target: ProxyTarget }
  | { readonly type: 'first-response'; readonly target: ProxyTarget; readonly status: number }
  | {
      readonly type: 'attempt'
      readonly target: ProxyTarget
      readonly result: AttemptResult
      readonly status: number
      /** Whether the backend has said anything: one that rings until the time is over is not silent. */
      readonly heard: boolean
      /** Seconds for which a backend that sent 503 asked to be left alone (RFC 3261 §21.5.4). */
      readonly retryAfter: number | undefined
    }

export interface ProxyResult {
  /** `unanswered` must never come: a call that ended without a final response (invariant I2). */
  readonly outcome: 'forwarded' | 'exhausted' | 'cancelled' | 'unanswered'
  /** The final status that went to the caller; 0 where none did. */
  readonly status: number
  /** The backend whose answer it was. */
  readonly target: ProxyTarget | undefined
  /** Why, for the log, where the engine knows more than the outcome says. */
  readonly reason?: string
}

/** A request inside a dialog that carries our valid cookie, or claims to be one and does not. */
export interface InboundDialogRequest extends InboundRequest {
  /** Undefined: no valid cookie. */
  readonly dialog: DialogCookie | undefined
  /** Where the request itself points: the next Route, else the Request-URI; undefined where that cannot be called. */
  readonly nextHop: DialogHop | undefined
  /** Relays to a hop; its Request-URI and body are left as they are. */
  relay(to: DialogHop, edits: RelayEdits): void
  /** Answers; says nothing to an ACK, which is never answered (RFC 3261 §17.1.1.3). */
  refuse(answer: Answer): void
  drop(): void
}

export interface DialogCookie {
  /** Who is sending: the caller's side may only reach backends, the backend's side reaches the caller. */
  readonly from: 'caller' | 'backend'
  /** The place signed into the cookie: the backend's own Contact, or the caller's packet source. */
  readonly signedTarget: DialogHop
  /** `backend` only: where the caller's own route set or Contact led, where that is another address. */
  readonly routeTarget?: DialogHop | undefined
  /** `backend` only: which Request-URIs may be followed; absent: any that can be called. */
  readonly callerTarget?: Exclude<CallerTarget, 'contact'> | undefined
  /** `caller` only: the other side has answered without a tag (RFC 3261 §12.1.2), so what is sent to it has no To tag. */
  readonly untagged?: boolean | undefined
  /** `backend` only: the pod at which the caller's connection ends, where the INVITE came over one. */
  readonly pod?: DialogHop | undefined
  readonly dialogData: string
  /** What other cookies of ours in the same route set carry: the call has passed us more than once (a spiral). */
  readonly otherDialogData?: readonly string[] | undefined
}

export interface DialogHop {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName | undefined
}

/** A running engine. */
export interface SipEngine {
  /** Addresses that are bound, port 0 resolved, as `udp://127.0.0.1:5060`. */
  readonly listening: readonly string[]
  /** How many requests are in progress or still remembered. */
  readonly openTransactions: number
  /**
   * How many of them still wait for an answer, or for the peer to have it; not those that are only remembered, so that
   * repeats do nothing. A shutdown waits for zero. Counted when asked.
   */
  readonly unfinishedTransactions: number
  /** Why no call can reach it yet, a line each; empty or absent: calls can. Asked at each probe. */
  readonly unready?: readonly string[]
  /** Keys that sign dialog cookies, 16 bytes or more each: the current one, then previous ones that are still accepted. */
  setCookieKeys(keys: readonly Buffer[]): void
  /** Ends what is open with a final response, then closes every socket. */
  close(): Promise<void>
}
