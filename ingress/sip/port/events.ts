/** What the engine reports to the application: typed facts, no log lines and no counters. Logs and metrics subscribe. */
import type { InboundRequest, Peer, RecordedSource } from './engine.ts'

/** Why a packet got no answer. */
export type DropReason =
  | 'stranger'
  | 'malformed'
  | 'no_transaction'
  | 'no_dialog'
  | 'over_limit'
  /** A response from somebody who was not asked. */
  | 'response_source'

export type EngineEvent =
  /** A packet that nobody answers. */
  | {
      readonly type: 'dropped'
      readonly peer: Peer
      readonly reason: DropReason
      /** `response` for a response. */
      readonly method: string
      /** Where it could be read, so that the application can say whose it almost was. */
      readonly request: InboundRequest | undefined
      /** Of a known peer's request that could not be read: what its Vias say all the same. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
    }
  /**
   * A request that was refused, and the status that it got: a known peer's, or the INVITE of a stranger to whom the
   * engine had sent a provisional response before it could ask.
   */
  | {
      readonly type: 'refused'
      readonly peer: Peer
      readonly method: string
      readonly status: number
      /** A stable code of what was wrong. */
      readonly reason: string
      /** The id that stands in the Warning header of the response. */
      readonly decisionId: string
      readonly request: InboundRequest | undefined
      /** It belongs, or claims to belong, to a call that was decided before: no new call is refused. */
      readonly inDialog?: true
      /** Where there is no request: what the Vias say all the same. */
      readonly recordedSources?: readonly RecordedSource[] | undefined
      /** The peer is a stranger, or nobody can say who it is. */
      readonly stranger?: true
    }
  /** Something that the engine survived and an operator should see. */
  | { readonly type: 'fault'; readonly code: string; readonly message: string }
