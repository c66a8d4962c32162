/**
 * What the engine reports to the application. Each event is a typed fact. The application makes its log and its metrics from
 * the events.
 */
import type { InboundRequest, Peer, RecordedSource } from './engine.ts'

/** The reasons for which a packet gets no answer. */
export type DropReason =
  | 'stranger'
  | 'malformed'
  | 'no_transaction'
  | 'no_dialog'
  | 'over_limit'
  /** A response came from a source that is not allowed to answer the request. */
  | 'response_source'

export type EngineEvent =
  /** A packet that was dropped. */
  | {
      readonly type: 'dropped'
      readonly peer: Peer
      readonly reason: DropReason
      /** The method of the request, or `response` for a response. */
      readonly method: string
      /** Present if the request could be read. With it, the application can report which trunk almost admitted the request. */
      readonly request: InboundRequest | undefined
      /** Present if a known peer's request could not be read: the sources that its Via values still show. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
    }
  /**
   * A request that was refused. It came from a known peer, or it is a stranger's INVITE to which the engine had sent a
   * provisional response before it could ask the application.
   */
  | {
      readonly type: 'refused'
      readonly peer: Peer
      readonly method: string
      readonly status: number
      /** A stable code that names the fault. */
      readonly reason: string
      /** The id in the Warning header of the response. */
      readonly decisionId: string
      readonly request: InboundRequest | undefined
      /** True if the request belongs, or claims to belong, to a call that was decided before. Then no new call is refused. */
      readonly inDialog?: true
      /** Present if `request` is absent: the sources that the Via values still show. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
      /** True if the peer is a stranger, or if nobody can tell whether the peer is one. */
      readonly stranger?: true
    }
  /**
   * INVITEs of known peers that got 503, because more comes than the process can do. Each event reports all such INVITEs since
   * the event before.
   */
  | {
      readonly type: 'shed-known'
      /** The number of INVITEs, with repeats. */
      readonly requests: number
      /** The number of INVITEs without repeats, as far as the engine remembers. */
      readonly calls: number
      /** The longest time that one of the INVITEs waited, in milliseconds. */
      readonly longestWaitMs: number
      /** The sender of the last of these INVITEs. */
      readonly lastPeer: Peer
    }
  /**
   * A stranger's request that was not handled, because more comes than the process can do. `stranger`: no byte was sent.
   * `proxied-stranger`: a trusted proxy got 403, because no trunk admits the source that it recorded.
   */
  | {
      readonly type: 'shed'
      readonly sender: 'stranger' | 'proxied-stranger'
      readonly peer: Peer
      readonly method: string
      /** Whether this is a repeat of a request that was shed before, as far as the engine remembers. */
      readonly repeated: boolean
      /** Present if the sender is a trusted proxy. */
      readonly request: InboundRequest | undefined
    }
  /**
   * An answered call is over: its BYE was answered, or nobody answers it, or the engine itself has noticed the end. After a BYE of
   * each side it may come twice.
   */
  | {
      readonly type: 'hung-up'
      readonly callId: string
      /** The tag of the caller. RFC 2543 peers have none. */
      readonly callerTag: string | undefined
      /** The dialog data of each pass of the call through us. */
      readonly dialogData: readonly string[]
    }
  /**
   * The kernel has dropped datagrams at our listening sockets, because more comes than the process can do. Nobody has read them,
   * so nothing is known about them. Their senders repeat them.
   */
  | { readonly type: 'unread'; readonly datagrams: number }
  /** A fault that an operator of the service should see. The engine goes on. */
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
