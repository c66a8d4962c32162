/** Where a response goes: RFC 3261 §18.2 and RFC 3581 §4. */
import { hostText } from '../../address/ip-address.ts'
import { SIP_PORT } from '../../address/port.ts'
import type { Via } from '../message/via.ts'
import type { EngineCore } from './engine-core.ts'
import type { ViaSource } from './relay/forwarded-request.ts'
import type { ResponseSink } from './transaction/server-transaction.ts'
import type { Flow } from './transport/transport.ts'

/**
 * The facts that we write into the sender's Via. They replace values that the sender itself wrote, because the next element
 * believes that we wrote them. RFC 3261 §18.2.1: `received` is added if sent-by is a name or another address. RFC 3581 §4: an
 * `rport` MUST be filled, and then `received` is always added, even if it equals sent-by. A Via that cannot be read gets
 * `received` and no `rport`.
 */
export function viaSourceOf(via: Via | undefined, flow: Flow): ViaSource {
  const source = flow.remoteAddress.text
  if (via === undefined) return { received: source, rport: undefined }
  const asked = via.rport !== undefined
  const differs = !via.isHost(source) && !via.isHost(hostText(flow.remoteAddress))
  const claimed = via.receivedStart !== -1
  return { received: differs || asked || claimed ? source : undefined, rport: asked ? flow.remotePort : undefined }
}

/**
 * Makes the paths of responses. Requests of one flow usually have the same path, so the last path is used again where it fits.
 */
export function createResponsePaths(core: EngineCore): (flow: Flow, via: Via) => ResponsePath {
  let last: ResponsePath | undefined
  return (flow, via) => {
    if (last?.isFor(flow, via) !== true) last = new ResponsePath(core, flow, via)
    return last
  }
}

/**
 * Sends responses on the flow of their request. If that flow was a stream and has closed, the response goes over a new stream
 * (§18.2.2).
 */
export class ResponsePath implements ResponseSink {
  readonly reliable: boolean
  readonly #core: EngineCore
  readonly #flow: Flow
  readonly #sentByPort: number
  /** Whether a response over UDP goes to the source port of its request. */
  readonly #toSource: boolean

  constructor(core: EngineCore, flow: Flow, via: Via) {
    this.reliable = flow.transport === 'TCP'
    this.#core = core
    this.#flow = flow
    this.#sentByPort = via.port ?? SIP_PORT
    // RFC 3261 §18.2.2: without rport, a response goes to the port of sent-by, even if a NAT has changed the source port.
    this.#toSource = via.rport !== undefined
  }

  /** Whether the responses to a request with this flow and this top Via take this path. */
  isFor(flow: Flow, via: Via): boolean {
    const samePort = this.#sentByPort === (via.port ?? SIP_PORT)
    return this.#flow === flow && samePort && this.#toSource === (via.rport !== undefined)
  }

  sendResponse(bytes: Buffer): boolean {
    if (!this.reliable) return this.#flow.send(bytes, this.#port)
    if (!this.#flow.open) return this.#reconnect(bytes)
    return this.#flow.send(bytes, undefined, () => void this.#reconnect(bytes))
  }

  /**
   * Sends only on the flow and never opens a connection. If the stream belongs to a stranger, the limits for strangers still
   * hold.
   */
  sendOnce(bytes: Buffer): boolean {
    return this.#flow.sendOnce(bytes, this.reliable ? undefined : this.#port)
  }

  /** For datagrams: the port at the source address to which responses go. Undefined stands for the source port. */
  get #port(): number | undefined {
    return this.#toSource ? undefined : this.#sentByPort
  }

  /**
   * Connects only to a peer that is known at this moment. Else a sender could forge an address and make us connect to a victim
   * (reflection).
   */
  #reconnect(bytes: Buffer): boolean {
    const { peer } = this.#flow
    if (!this.#core.application.isKnown(peer)) return false
    const lost = (error: Error): void =>
      this.#core.application.onEvent({ type: 'fault', code: 'response-not-sent', message: error.message })
    this.#core.outbound.send(bytes, { ...peer, port: this.#sentByPort }, { onFailure: lost })
    return true
  }
}
