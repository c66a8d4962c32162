/**
 * The SIP engine port: the interface between an engine and the application. It is the same for every engine, and has no bytes,
 * sockets or transactions. An engine parses messages, keeps transactions and sends. The application decides.
 */
import type { IpAddress } from '../../address/ip-address.ts'
import type { TransportName } from '../../address/transport-name.ts'

export type { TransportName }

/** The sender of a packet. It is the packet's source, and never a header, because a sender can write anything into a header. */
export interface Peer {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName
}

/**
 * A URI as the application needs it. The user is decoded (RFC 3261 §19.1.2). The host stays as the sender wrote it. For a tel
 * URI, the user is the number with its parameters, in the form that a SIP URI would have (§19.1.6).
 */
export interface RequestUri {
  readonly scheme: string
  readonly user: string | undefined
  readonly host: string
}

/**
 * The source of a request that a proxy wrote into a Via. `ambiguous`: the Via has a parameter twice. Undefined: the Via names
 * no IP address.
 */
export type RecordedSource = IpAddress | 'ambiguous' | undefined

/** The parts of a request that the application may read. A part is decoded only when it is read. */
export interface InboundRequest {
  readonly peer: Peer
  readonly method: string
  readonly callId: string
  readonly requestUri: RequestUri
  /**
   * The users of the URIs in To, From and the first P-Asserted-Identity, decoded like the user of `requestUri`. If a URI or its
   * user is absent, this is undefined.
   */
  readonly toUser: string | undefined
  readonly fromUser: string | undefined
  readonly assertedUser: string | undefined
  /** The tag of From. RFC 2543 peers have none. */
  readonly fromTag: string | undefined
  /** The long names of all headers, in order and in lower case. If a header occurs twice, its name is listed twice. */
  headerNames(): readonly string[]
  /**
   * All values of a header, in order. Lists are split (RFC 3261 §7.3.1). The name may be long or compact, in upper or lower
   * case.
   */
  header(name: string): readonly string[]
  /**
   * The addresses that proxies recorded in the Via values below the top one, nearest proxy first. If a Via has `received`, that
   * address is used, else its sent-by. Trust an address only if you trust the proxy that wrote it.
   */
  recordedSources(): readonly RecordedSource[]
}

/** A final answer that we make ourselves. */
export interface Answer {
  readonly status: number
  readonly reason: string
  /**
   * The text of a Warning header, after the engine's name. It gives the reason, so that a reader of a packet trace sees it (RFC
   * 3261 §20.43).
   */
  readonly warning?: string
  /** The code of that Warning. If it is absent, 399 (miscellaneous) is used. */
  readonly warningCode?: number | undefined
  /** Further headers, in order. Control characters in a value are removed. */
  readonly headers?: readonly HeaderField[] | undefined
}

export interface HeaderField {
  readonly name: string
  readonly value: string
}

/**
 * A new INVITE outside any dialog. The application must call exactly one of `drop`, `respond`, `respondOnce` and `proxy` before
 * its handler returns; this is possible, because it decides from memory. If it calls none of them, a known peer gets 500, so
 * that no caller waits forever.
 */
export interface InboundCall extends InboundRequest {
  /**
   * Whether the engine has already sent a provisional response. If it has, the caller must get a final response, or the caller
   * would wait forever (invariant I2).
   */
  readonly provisionalSent: boolean
  /**
   * Whether this is a repeat of a stranger's INVITE, as far as the engine remembers. The decision for the first one has already
   * been reported.
   */
  readonly repeated: boolean
  /** Sends nothing. If a provisional response was already sent, sends 503. Returns what was sent. */
  drop(): 'none' | '503'
  respond(answer: Answer): void
  /**
   * Answers an unvouched source, whose address may be forged and belong to a victim. Sends one answer to this datagram without
   * a transaction. No timer repeats the answer: it is sent again when the INVITE is repeated. The number of answers is limited.
   * Returns false if the limit was reached and nothing was sent. If the engine has already sent a provisional response, this
   * does the same as `respond`.
   */
  respondOnce(answer: Answer): boolean
  proxy(plan: ProxyPlan): void
  /**
   * Whether the engine has a socket of the target's family and transport. Without one, an attempt would only cost the caller
   * time. The result does not say whether the target is running.
   */
  canReach(target: Pick<ProxyTarget, 'address' | 'transport'>): boolean
}

/** A request outside a dialog, from a known peer. Its method is OPTIONS, or a method that is not supported. */
export interface InboundPlain extends InboundRequest {
  respond(answer: Answer): void
}

/** A backend, with the facts that an engine needs to send to it. */
export interface ProxyTarget {
  /** The name of the backend in metrics and logs: its URI, as the rule writes it. */
  readonly id: string
  readonly address: IpAddress
  readonly port: number
  /** If this is undefined, the engine uses UDP, or TCP if the request is too large for a datagram (RFC 3261 §18.1.1). */
  readonly transport: TransportName | undefined
  /** The URI parameters that the Request-URI must contain, except transport. They begin with `;`. */
  readonly uriParameters: string
  /**
   * The host, port and transport of the Request-URI, such as `pbx.example.net;transport=tcp`, if the rule names the backend by a
   * name (RFC 3261 §16.6 step 2, RFC 3263 §4). The request is sent to `address` all the same. Absent: the Request-URI has the
   * address.
   */
  readonly uriPlace?: string
}

export type FailoverCondition = 'timeout' | 'transport' | number

/** Changes of a request and its responses. A proxy must make other changes too; these come in addition. */
export interface RelayEdits {
  /** Headers to set. Each of them replaces all values that the sender wrote under its name. */
  readonly setHeaders: readonly HeaderField[]
  readonly removeHeaders: readonly string[]
  /**
   * What happens to P-Asserted-Identity in the responses (RFC 3325). `keep`: it stays. `hide-private`: it stays if the response
   * does not ask for privacy. `remove`: it is removed.
   */
  readonly responseIdentity: ResponseIdentity
}

/**
 * Where requests to the caller are sent. `contact`: to its Contact. `public-contact`: to its Contact if the Contact's address
 * is public or is the packet source's address; else to the packet source. `source`: always to the packet source. If a Contact
 * cannot be reached, the packet source is used in every case.
 */
export type CallerTarget = 'contact' | 'public-contact' | 'source'

export type ResponseIdentity = 'keep' | 'hide-private' | 'remove'

/** The plan for a call that is forwarded. */
export interface ProxyPlan extends RelayEdits {
  /**
   * The targets in the order in which they are tried. The first tier comes first; inside a tier, weights have chosen the order.
   * There is at least one target, and the engine can reach each of them.
   */
  readonly targets: readonly ProxyTarget[]
  /**
   * The user in the Request-URI for the backend, with escapes. `''`: there is no user. Undefined: the user that the caller sent
   * is used.
   */
  readonly requestUser: string | undefined
  /** Milliseconds. If no response comes in this time, the next target is tried. If undefined, only Timer B limits the time. */
  readonly backendTimeout: number | undefined
  /**
   * Milliseconds after the first 18x. If no final response comes in this time, the branch is cancelled. If undefined, only
   * Timer C limits the time.
   */
  readonly ringingTimeout: number | undefined
  readonly failoverOn: ReadonlySet<FailoverCondition>
  /** `Always`: failover is allowed at any time. `BeforeRinging`: failover is allowed only before an 18x was relayed. */
  readonly failover: 'Always' | 'BeforeRinging'
  /**
   * Where in-dialog requests to the caller are sent, if no proxy between the caller and us has record-routed. If absent, they
   * go to the caller's Contact.
   */
  readonly callerTarget?: CallerTarget
  /**
   * This text is in every in-dialog request of the call, and says which rule decided the call. At most MAX_DIALOG_DATA_BYTES.
   */
  readonly dialogData: string
  /**
   * The answer that the caller gets if no target accepted the call and no target sent a better response (RFC 3261 §16.7 step
   * 6).
   */
  readonly exhausted: Answer
  /** Called once, when the final response has been sent to the caller. */
  readonly done: (result: ProxyResult) => void
  /** Called when an attempt begins, when an attempt has ended, and when the first response is relayed. */
  readonly progress: (step: ProxyProgress) => void
}

/**
 * `late`: a 2xx came after the attempt had already ended. `passed_over`: nothing was sent, because the engine must not send to
 * the target. `no_socket`: nothing was sent, because the engine has no socket of the target's family and transport.
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
      /** Whether the backend has sent any response. If a backend rings until its time is over, this is true. */
      readonly heard: boolean
      /** The Retry-After of a backend's 503, in seconds. During this time, the backend wants no calls (RFC 3261 §21.5.4). */
      readonly retryAfter: number | undefined
    }

export interface ProxyResult {
  /** `unanswered`: the call ended without a final response. This must never happen (invariant I2). */
  readonly outcome: 'forwarded' | 'exhausted' | 'cancelled' | 'unanswered'
  /** The final status that was sent to the caller, or 0 if none was sent. */
  readonly status: number
  /** The backend whose final response was sent to the caller. */
  readonly target: ProxyTarget | undefined
  /** The reason, for the log. Present if the engine knows more than `outcome` says. */
  readonly reason?: string
}

/** A request that claims to belong to a dialog. If it has a valid cookie of ours, the claim is true. */
export interface InboundDialogRequest extends InboundRequest {
  /** The cookie of the dialog. Undefined if the request has no valid cookie. */
  readonly dialog: DialogCookie | undefined
  /**
   * The place that the request itself names: the next Route, or the Request-URI if no Route is left. Undefined if we cannot
   * send to that place.
   */
  readonly nextHop: DialogHop | undefined
  /** Relays the request to a hop. The Request-URI and the body stay as they are. */
  relay(to: DialogHop, edits: RelayEdits): void
  /** Answers the request. An ACK is dropped, because it must never be answered (RFC 3261 §17.1.1.3). */
  refuse(answer: Answer): void
  drop(): void
}

export interface DialogCookie {
  /**
   * The side that sends requests with this cookie. Requests of the caller may go only to backends. Requests of the backend go
   * to the caller.
   */
  readonly from: 'caller' | 'backend'
  /**
   * The place to which requests with this cookie may go. It is the backend's Contact, or the address and port from which the
   * caller's packets came.
   */
  readonly signedTarget: DialogHop
  /**
   * Set only if `from` is `backend`: the hop that the caller's Record-Route or Contact names, if its address is not the address
   * of `signedTarget`.
   */
  readonly routeTarget?: DialogHop | undefined
  /**
   * Set only if `from` is `backend`. Says which Request-URIs of the backend's requests are followed. If absent, every
   * Request-URI that can be reached is followed.
   */
  readonly callerTarget?: Exclude<CallerTarget, 'contact'> | undefined
  /**
   * Set only if `from` is `caller`: the backend answered without a tag (RFC 3261 §12.1.2), so requests to it have no To tag.
   */
  readonly untagged?: boolean | undefined
  /** Set only if `from` is `backend` and the INVITE came over a connection: the pod that has this connection. */
  readonly pod?: DialogHop | undefined
  readonly dialogData: string
  /**
   * Set only if the call has passed us more than once (a spiral), so that several Route values have a cookie of ours. This is
   * the dialog data of the other cookies.
   */
  readonly otherDialogData?: readonly string[] | undefined
}

export interface DialogHop {
  readonly address: IpAddress
  readonly port: number
  readonly transport: TransportName | undefined
}

/** An OPTIONS request of our own, which asks a backend whether it is alive (RFC 3261 §11). */
export interface ProbeRequest {
  readonly target: ProxyTarget
  /** The user in the Request-URI. If undefined, there is none, and Max-Forwards is 0: the backend itself must answer. */
  readonly user: string | undefined
  /** Milliseconds to wait for the final response. */
  readonly timeoutMs: number
}

/**
 * `timeout`: no final response came in time. `transport`: the address cannot be reached. `unsent`: nothing was sent, because
 * the engine has no socket for this target, or no connection to a server. This says nothing about the backend.
 */
export type ProbeResult =
  | { readonly type: 'answered'; readonly status: number }
  | { readonly type: 'timeout' }
  | { readonly type: 'transport' }
  | { readonly type: 'unsent' }

/** A running engine. */
export interface SipEngine {
  /**
   * The addresses on which the engine listens, such as `udp://127.0.0.1:5060`. If port 0 was asked for, this has the port that
   * the system chose.
   */
  readonly listening: readonly string[]
  /** The number of requests that are in progress or still remembered. */
  readonly openTransactions: number
  /**
   * The number of requests that still wait for an answer, or for the peer to receive its answer. A shutdown waits until this is
   * zero. If a request is remembered only to absorb its repeats, it does not count. Counted at each access.
   */
  readonly unfinishedTransactions: number
  /**
   * The reasons why calls cannot reach the engine yet, one line for each. If empty or absent, calls can reach the engine. Read
   * at each readiness probe.
   */
  readonly unready?: readonly string[]
  /**
   * Sets the keys that sign dialog cookies: first the current key, then previous keys that are still accepted. Each has 16
   * bytes or more.
   */
  setCookieKeys(keys: readonly Buffer[]): void
  /**
   * Asks a backend whether it is alive. The request comes from the socket that calls to the backend come from. `done` is called
   * once, during the call or later. Returns a function that ends the waiting; `done` is then not called any more.
   */
  probe(request: ProbeRequest, done: (result: ProbeResult) => void): () => void
  /** Ends every open request with a final response, then closes every socket. */
  close(): Promise<void>
}
