/** The reports of the engine to the application: typed facts, not log lines or counters. Logs and metrics are made from them. */
import type { InboundRequest, Peer, RecordedSource } from './engine.ts'

/** Why a packet got no answer. */
export type DropReason =
  | 'stranger'
  | 'malformed'
  | 'no_transaction'
  | 'no_dialog'
  | 'over_limit'
  /** A response from a source to which no request was sent. */
  | 'response_source'

export type EngineEvent =
  /** A packet that was dropped. */
  | {
      readonly type: 'dropped'
      readonly peer: Peer
      readonly reason: DropReason
      /** `response` for a response. */
      readonly method: string
      /** Present if the request could be read, so that the application can report which trunk almost admitted it. */
      readonly request: InboundRequest | undefined
      /** Present for a known peer's request that could not be read: the sources that can still be read from its Vias. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
    }
  /**
   * A request that was refused, and the status that it got. It came from a known peer, or it is a stranger's INVITE. To such an
   * INVITE, the engine had sent a provisional response before it could ask the application.
   */
  | {
      readonly type: 'refused'
      readonly peer: Peer
      readonly method: string
      readonly status: number
      /** A stable code of the fault. */
      readonly reason: string
      /** The id in the Warning header of the response. */
      readonly decisionId: string
      readonly request: InboundRequest | undefined
      /** The request belongs, or claims to belong, to a call that was decided before. So it is not a new call that is refused. */
      readonly inDialog?: true
      /** Present if there is no `request`: the sources that can still be read from the Vias. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
      /** The peer is a stranger, or it cannot be decided whether it is one. */
      readonly stranger?: true
    }
  /** A fault after which the engine goes on, and which an operator should see. */
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
