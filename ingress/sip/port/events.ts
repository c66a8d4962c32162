/** What the engine reports to the application: typed facts, not log lines or counters. Logs and metrics are made from them. */
import type { InboundRequest, Peer, RecordedSource } from './engine.ts'

/** Why a packet got no answer. */
export type DropReason =
  | 'stranger'
  | 'malformed'
  | 'no_transaction'
  | 'no_dialog'
  | 'over_limit'
  /** A response from a source that was not asked. */
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
      /** For a known peer's request that could not be read: the sources that its Vias still say. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
    }
  /**
   * A request that was refused, and the status that it got. It came from a known peer. Or it is a stranger's INVITE, to which
   * the engine had sent a provisional response before it could ask.
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
      /** The request belongs, or claims to belong, to a call that was decided before. So no new call is refused. */
      readonly inDialog?: true
      /** If there is no `request`: the sources that the Vias still say. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
      /** The peer is a stranger, or it cannot be decided whether it is one. */
      readonly stranger?: true
    }
  /** Something that the engine survived and an operator should see. */
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
