import type { InboundCall, InboundDialogRequest, InboundPlain, Peer } from './engine.ts'
import type { EngineEvent } from './events.ts'

/** The application behind the engine port: what an engine asks and reports. Every call is synchronous and answers from memory. */
export interface Application {
  /** Whether this source is anyone we know, before a byte is sent. Strangers get zero bytes (invariant I1). */
  isKnown(peer: Peer): boolean
  /** Whether this source may answer what was sent to another address: a machine with several addresses does. */
  mayAnswer(peer: Peer): boolean
  /** Headers that a rule reads, in lower case: part of what makes a request loop (RFC 5393 §4.2.2). */
  headersRead(): readonly string[]
  onInvite(call: InboundCall): void
  onOptions(request: InboundPlain): void
  onDialogRequest(request: InboundDialogRequest): void
  onEvent(event: EngineEvent): void
}
