import type { InboundCall, InboundDialogRequest, InboundPlain, Peer } from './engine.ts'
import type { EngineEvent } from './events.ts'

/**
 * The application behind the engine port: an engine asks the application and reports to it. Every call is synchronous and is
 * answered from memory.
 */
export interface Application {
  /** Whether this source is known. An engine calls this before it sends a byte, because strangers get no byte (invariant I1). */
  isKnown(peer: Peer): boolean
  /**
   * Whether this source may answer a request that was sent to another address. A machine with several addresses may answer so.
   */
  mayAnswer(peer: Peer): boolean
  /** Headers that rules read, in lower case. They are part of the hash by which loops are detected (RFC 5393 §4.2.2). */
  headersRead(): readonly string[]
  onInvite(call: InboundCall): void
  onOptions(request: InboundPlain): void
  onDialogRequest(request: InboundDialogRequest): void
  onEvent(event: EngineEvent): void
}
