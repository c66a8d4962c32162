/**
 * The SIP engine port: the way in which calls reach the application, the same for every engine. The port has no bytes, no
 * sockets and no transactions. An engine parses messages, keeps transactions and sends. The application decides.
 */
import type { IpAddress } from '../../address/ip-address.ts'
import type { TransportName } from '../../address/transport-name.ts'

export type { TransportName }

/** The sender of a packet: the packet's source, never a header that the sender wrote. */
export interface Peer {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName
}

/**
 * A URI as the application needs it. The user is decoded (RFC 3261 §19.1.2). The host is as the sender wrote it. The user of a
 * tel URI is its subscriber with the parameters, in the form that it has in the user part of a SIP URI (§19.1.6).
 */
export interface RequestUri {
  readonly scheme: string
  readonly user: string | undefined
  readonly host: string
}

/**
 * The source of the request, as a Via says it: an address; `ambiguous` if the Via has a parameter twice; undefined if the Via
 * names no address.
 */
export type RecordedSource = IpAddress | 'ambiguous' | undefined

/** The parts of a request that the application may read. They are decoded only when they are read. */
export interface InboundRequest {
  readonly peer: Peer
  readonly method: string
  readonly callId: string
  readonly requestUri: RequestUri
  /**
   * The user parts of the URIs in To, From and the first P-Asserted-Identity, decoded like the user of `requestUri`. Undefined if
   * absent.
   */
  readonly toUser: string | undefined
  readonly fromUser: string | undefined
  readonly assertedUser: string | undefined
  /** The long names of all headers, in order and in lower case. A header that occurs twice is listed twice. */
  headerNames(): readonly string[]
  /**
   * Every value of a header, in order; lists are split (RFC 3261 §7.3.1). The name may be long or compact, in upper or lower
   * case.
   */
  header(name: string): readonly string[]
  /**
   * The addresses that proxies recorded in the Via headers below the sender's own, nearest first. `received` comes before
   * sent-by. An address can be trusted only as much as the proxy that wrote it.
   */
  recordedSources(): readonly RecordedSource[]
}

/** A final answer of our own. */
export interface Answer {
  readonly status: number
  readonly reason: string
  /** The reason, in a Warning header with the engine's name, so that a trace explains itself (RFC 3261 §20.43). */
  readonly warning?: string
  /** The code of that Warning. Absent: 399 (miscellaneous). */
  readonly warningCode?: number
  /** More headers, in order. Control characters in a value are left out. */
  readonly headers?: readonly HeaderField[]
}

export interface HeaderField {
  readonly name: string
  readonly value: string
}

/**
 * A new INVITE outside any dialog. Exactly one verb (`drop`, `respond`, `respondOnce` or `proxy`) must be called before the
 * handler returns, because the decision comes from memory. If the application calls none, the engine answers 500 to a known
 * peer, so that its caller is not left without an answer.
 */
export interface InboundCall extends InboundRequest {
  /** The engine has already sent a provisional response, so silence would leave the caller ringing (invariant I2). */
  readonly provisionalSent: boolean
  /** A repeat of a stranger's INVITE, as far as the engine remembers. The decision for this INVITE has already been reported. */
  readonly repeated: boolean
  /** Sends nothing, or 503 if a provisional response was sent already. Returns what was sent. */
  drop(): 'none' | '503'
  respond(answer: Answer): void
  /**
   * For an unvouched source, which may be the forged address of a victim. Sends one answer to this datagram, without state, and
   * repeats it only for a repeat of the INVITE. The answers are limited per source and in all. False: the limit is reached, and
   * nothing was sent. An engine that has already sent a provisional response answers as `respond` does.
   */
  respondOnce(answer: Answer): boolean
  proxy(plan: ProxyPlan): void
  /**
   * Whether the engine has a socket of the target's family and transport, so that an attempt is worth the caller's time. It
   * does not show whether the target is running.
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
  /** Undefined: UDP, or TCP if the request is too large for a datagram (RFC 3261 §18.1.1). */
  readonly transport: TransportName | undefined
  /** URI parameters other than transport that the Request-URI must contain, with their leading `;`. */
  readonly uriParameters: string
}

export type FailoverCondition = 'timeout' | 'transport' | number

/** Changes in a request and its responses, in addition to the changes that a proxy must make. */
export interface RelayEdits {
  /** Each replaces every value that the sender wrote under its name. */
  readonly setHeaders: readonly HeaderField[]
  readonly removeHeaders: readonly string[]
  /** P-Asserted-Identity in the responses (RFC 3325): kept, kept unless the response asks for privacy, or removed. */
  readonly responseIdentity: ResponseIdentity
}

/**
 * The place to which requests to the caller are sent. `contact`: to its Contact. `public-contact`: to its Contact, if that is
 * public or has the address of the packet source; else to the packet source. `source`: only to the packet source. If a Contact
 * cannot be called, the packet source is used in every case.
 */
export type CallerTarget = 'contact' | 'public-contact' | 'source'

export type ResponseIdentity = 'keep' | 'hide-private' | 'remove'

/** The plan for a call that a rule routes. */
export interface ProxyPlan extends RelayEdits {
  /**
   * In the order in which they are tried: by tier, and inside a tier in an order drawn by weight. There is at least one target,
   * and each can be reached.
   */
  readonly targets: readonly ProxyTarget[]
  /** The user of the Request-URI towards the backend, already escaped. '': no user. Undefined: the caller's user is kept. */
  readonly requestUser: string | undefined
  /** If no response comes for this number of milliseconds, the next target is tried. Undefined: only Timer B limits the time. */
  readonly backendTimeout: number | undefined
  /**
   * If no final response comes in this number of milliseconds after the first 18x, the branch is cancelled. Undefined: only Timer
   * C limits the time.
   */
  readonly ringingTimeout: number | undefined
  readonly failoverOn: ReadonlySet<FailoverCondition>
  /** Whether an 18x that was relayed forbids failover. */
  readonly failover: 'Always' | 'BeforeRinging'
  /**
   * The place to which in-dialog requests to the caller are sent, if no proxy between us and the caller has record-routed.
   * Absent: the caller's Contact.
   */
  readonly callerTarget?: CallerTarget
  /**
   * This text comes back with every in-dialog request, and says to which rule the call belongs. At most MAX_DIALOG_DATA_BYTES.
   */
  readonly dialogData: string
  /** The caller's answer if no target accepted the call and no target sent a better response (RFC 3261 §16.7 step 6). */
  readonly exhausted: Answer
  /** Called once, when the final response has been sent to the caller. */
  readonly done: (result: ProxyResult) => void
  /** Called when an attempt begins, when an attempt has ended, and for the first response that is relayed. */
  readonly progress: (step: ProxyProgress) => void
}

/**
 * `passed_over`: nothing was sent, because the engine must not send to the target. `no_socket`: nothing was sent, because the
 * engine has no socket of the target's family and transport.
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
      /** Whether the backend has sent any response. A backend that rings until the time is over is not silent. */
      readonly heard: boolean
      /** Seconds of the Retry-After in a backend's 503: for this time, the backend wants no calls (RFC 3261 §21.5.4). */
      readonly retryAfter: number | undefined
    }

export interface ProxyResult {
  /** `unanswered`: the call ended without a final response. This must never happen (invariant I2). */
  readonly outcome: 'forwarded' | 'exhausted' | 'cancelled' | 'unanswered'
  /** The final status that was sent to the caller. 0 if no final response was sent. */
  readonly status: number
  /** The backend that sent this final response. */
  readonly target: ProxyTarget | undefined
  /** The reason, for the log. Present if the engine knows more than the outcome says. */
  readonly reason?: string
}

/** A request that belongs to a dialog, or claims to belong to a dialog. A valid cookie of ours proves that the claim is true. */
export interface InboundDialogRequest extends InboundRequest {
  /** Undefined: no valid cookie. */
  readonly dialog: DialogCookie | undefined
  /**
   * The place that the request itself names: the next Route, or the Request-URI if no Route is left. Undefined if no request can
   * be sent there.
   */
  readonly nextHop: DialogHop | undefined
  /** Relays the request to a hop. The Request-URI and the body are left unchanged. */
  relay(to: DialogHop, edits: RelayEdits): void
  /** Answers the request. An ACK is dropped, because an ACK is never answered (RFC 3261 §17.1.1.3). */
  refuse(answer: Answer): void
  drop(): void
}

export interface DialogCookie {
  /** The side that sends. The caller's side may reach only backends; the backend's side reaches the caller. */
  readonly from: 'caller' | 'backend'
  /** The place signed into the cookie: the backend's own Contact, or the caller's packet source. */
  readonly signedTarget: DialogHop
  /** `backend` only: the hop that the caller's own route set or Contact names, if it has another address. */
  readonly routeTarget?: DialogHop | undefined
  /** `backend` only: the Request-URIs that may be followed. Absent: all that can be called. */
  readonly callerTarget?: Exclude<CallerTarget, 'contact'> | undefined
  /** `caller` only: the other side has answered without a tag (RFC 3261 §12.1.2), so requests to it have no To tag. */
  readonly untagged?: boolean | undefined
  /** `backend` only: the pod at which the caller's connection ends, if the INVITE came over a connection. */
  readonly pod?: DialogHop | undefined
  readonly dialogData: string
  /**
   * Set only if the call has passed us more than once (a spiral). Then the route set has several of our cookies. This is the
   * dialog data of the cookies other than this one.
   */
  readonly otherDialogData?: readonly string[] | undefined
}

export interface DialogHop {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName | undefined
}

/** A running engine. */
export interface SipEngine {
  /** The bound addresses, such as `udp://127.0.0.1:5060`. Port 0 is replaced by the port that the system chose. */
  readonly listening: readonly string[]
  /** How many requests are in progress or are still remembered. */
  readonly openTransactions: number
  /**
   * How many requests still wait for an answer, or until the peer has received it. Requests that are only remembered, so that
   * repeats have no effect, do not count. A shutdown waits for zero. Counted at each access.
   */
  readonly unfinishedTransactions: number
  /**
   * The reasons why calls cannot reach the engine yet, one line each. Empty or absent: calls can reach it. Read at each probe.
   */
  readonly unready?: readonly string[]
  /** Keys that sign dialog cookies, 16 bytes or more each: the current one, then previous ones that are still accepted. */
  setCookieKeys(keys: readonly Buffer[]): void
  /** Ends all open requests with a final response, then closes every socket. */
  close(): Promise<void>
}
