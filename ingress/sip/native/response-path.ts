/** The way back of a response: RFC 3261 §18.2 and RFC 3581 §4. */
import { hostText } from '../../address/ip-address.ts'
import { SIP_PORT } from '../../address/port.ts'
import type { Via } from '../message/via.ts'
import type { Peer } from '../port/engine.ts'
import type { EngineCore } from './engine-core.ts'
import type { ViaSource } from './relay/forwarded-request.ts'
import type { ResponseSink } from './transaction/server-transaction.ts'
import type { Flow } from './transport/transport.ts'

/**
 * The facts that are written into the sender's Via. They replace the values that the sender has written under these names,
 * because the next element believes that the values are ours. RFC 3261 §18.2.1: `received` is added if sent-by is a name or
 * another address. RFC 3581 §4: an `rport` MUST be filled, and `received` is added with it even if it equals sent-by. A Via that
 * cannot be read gets `received` and no `rport`.
 */
export function viaSourceOf(via: Via | undefined, flow: Flow): ViaSource {
  const source = flow.remoteAddress.text
  if (via === undefined) return { received: source, rport: undefined }
  const asked = via.rport !== undefined
  const differs = via.host !== source && via.host !== hostText(flow.remoteAddress)
  const claimed = via.received !== undefined
  return { received: differs || asked || claimed ? source : undefined, rport: asked ? flow.remotePort : undefined }
}

/**
 * Sends responses on the flow of their request. If the flow is a stream that has closed, the response is sent over a new stream
 * (§18.2.2).
 */
export class ResponsePath implements ResponseSink {
  readonly reliable: boolean
  readonly #core: EngineCore
  readonly #flow: Flow
  readonly #sentByPort: number
  /** Datagrams: the port at the source address to which responses go. Undefined: the source port. */
  readonly #port: number | undefined

  constructor(core: EngineCore, flow: Flow, via: Via) {
    this.reliable = flow.transport === 'TCP'
    this.#core = core
    this.#flow = flow
    this.#sentByPort = via.port ?? SIP_PORT
    // RFC 3261 §18.2.2: without rport, a response goes to the port of sent-by, even if a NAT has changed the source port.
    this.#port = via.rport === undefined ? this.#sentByPort : undefined
  }

  sendResponse(bytes: Buffer): boolean {
    if (!this.reliable) return this.#flow.send(bytes, this.#port)
    if (!this.#flow.open) return this.#reconnect(bytes)
    return this.#flow.send(bytes, undefined, () => void this.#reconnect(bytes))
  }

  /** Sends on the flow only, and never opens a connection. The stream of a stranger keeps the limits for strangers. */
  sendOnce(bytes: Buffer): boolean {
    return this.#flow.sendOnce(bytes, this.reliable ? undefined : this.#port)
  }

  /** Connects only to a peer that is known at this moment. Otherwise, a sender could make us connect to a victim (reflection). */
  #reconnect(bytes: Buffer): boolean {
    const { remoteAddress: address, remotePort: port, transport } = this.#flow
    const peer: Peer = { address, port, transport }
    if (!this.#core.application.isKnown(peer)) return false
    const lost = (error: Error): void =>
      this.#core.application.onEvent({ type: 'fault', code: 'response-not-sent', message: error.message })
    this.#core.outbound.send(bytes, { transport, address, port: this.#sentByPort }, { onFailure: lost })
    return true
  }
}
