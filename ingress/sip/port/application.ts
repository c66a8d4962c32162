import type { InboundCall, InboundDialogRequest, InboundPlain, InboundRequest, Peer } from './engine.ts'
import type { EngineEvent } from './events.ts'

/**
 * The application behind the port. An engine asks the application what to do, and reports to it. Every call is synchronous and
 * is answered from memory.
 */
export interface Application {
  /** Whether this source is known. An engine asks this before it sends a byte, because strangers get no byte (invariant I1). */
  isKnown(peer: Peer): boolean
  /**
   * Whether this source may answer a request that was sent to another address. A machine with several addresses may answer from
   * another address than the one to which we sent the request.
   */
  mayAnswer(peer: Peer): boolean
  /**
   * Whether this source is a trusted proxy. Its requests are judged by the source that it recorded in its Via, so only `admits`
   * can tell whether a call comes from a stranger.
   */
  isTrustedProxy(peer: Peer): boolean
  /** Whether some trunk admits this request. */
  admits(request: InboundRequest): boolean
  /**
   * The headers that rules read, in lower case. The values of these headers are part of the hash that detects loops (RFC 5393
   * §4.2.2).
   */
  headersRead(): readonly string[]
  onInvite(call: InboundCall): void
  onOptions(request: InboundPlain): void
  onDialogRequest(request: InboundDialogRequest): void
  onEvent(event: EngineEvent): void
}
