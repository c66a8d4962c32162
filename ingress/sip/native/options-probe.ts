/** Sends OPTIONS of our own: the client side of RFC 3261 §11. */
import { hostText, type IpAddress } from '../../address/ip-address.ts'
import type { Timer } from '../../time/clock.ts'
import { MAGIC_COOKIE } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { ProbeRequest, ProbeResult } from '../port/engine.ts'
import { probeUri } from '../proxy/target-uri.ts'
import type { EngineCore } from './engine-core.ts'
import {
  ClientTransaction,
  type ClientTransactionUser,
  type RequestSink,
  type RequestTransaction,
} from './transaction/client-transaction.ts'
import type { Destination, LocalEndpoint } from './transport/transport.ts'

/**
 * Sends an OPTIONS. `done` gets the result once, unless the returned function was called before. After that call, a late answer
 * has no effect.
 */
export function sendProbe(core: EngineCore, request: ProbeRequest, done: (result: ProbeResult) => void): () => void {
  const { address, port, transport = 'UDP' } = request.target
  const endpoint = core.outbound.endpointFor(transport, address)
  if (!endpoint) {
    done({ type: 'unsent' })
    return () => undefined
  }
  const probe = new OptionsProbe(core, { transport, address, port }, done)
  probe.start(request, endpoint)
  return () => probe.end()
}

/** One probe. It is the user and the sink of its transaction. */
class OptionsProbe implements ClientTransactionUser<SipMessage>, RequestSink {
  readonly madeHere = true
  readonly #core: EngineCore
  readonly #destination: Destination
  readonly #transaction: ClientTransaction<SipMessage>
  #done: ((result: ProbeResult) => void) | undefined
  #timer: Timer | undefined

  constructor(core: EngineCore, destination: Destination, done: (result: ProbeResult) => void) {
    this.#core = core
    this.#destination = destination
    this.#done = done
    this.#transaction = new ClientTransaction('non-invite', core.clock, this, this)
  }

  get reliable(): boolean {
    return this.#destination.transport === 'TCP'
  }

  get address(): IpAddress {
    return this.#destination.address
  }

  start(request: ProbeRequest, endpoint: LocalEndpoint): void {
    const branch = `${MAGIC_COOKIE}${this.#core.random.token()}`
    // A full table says something about this process, and nothing about the backend.
    if (!this.#core.transactions.addClient(this.#transaction, branch, 'OPTIONS'))
      return this.#finish({ type: 'unsent' })
    this.#timer = this.#core.clock.after(request.timeoutMs, OptionsProbe.#onTimer, this)
    this.#transaction.start(optionsBytes(this.#core, request, { endpoint, branch }))
  }

  /** Ends the waiting without a result. */
  end(): void {
    this.#done = undefined
    this.#stop()
  }

  sendRequest(bytes: Buffer, transaction: RequestTransaction): void {
    this.#core.outbound.send(bytes, this.#destination, transaction)
  }

  onResponse(_transaction: ClientTransaction<SipMessage>, status: number): void {
    if (status >= 200) this.#finish({ type: 'answered', status })
  }

  onTimeout(): void {
    this.#finish({ type: 'timeout' })
  }

  onTransportError(): void {
    this.#finish({ type: 'transport' })
  }

  onTerminated(transaction: ClientTransaction<SipMessage>): void {
    this.#core.transactions.removeClient(transaction)
  }

  static readonly #onTimer = (probe: OptionsProbe): void => {
    probe.#finish({ type: 'timeout' })
    probe.#stop()
  }

  /** After a final response, the transaction goes on for a while by itself and absorbs repeats. */
  #finish(result: ProbeResult): void {
    const done = this.#done
    this.#done = undefined
    if (this.#timer) this.#core.clock.cancel(this.#timer)
    done?.(result)
  }

  #stop(): void {
    if (this.#timer) this.#core.clock.cancel(this.#timer)
    this.#transaction.destroy()
  }
}

/** RFC 3261 §11.1: Accept SHOULD be there. A Contact is not needed, because the backend sends no requests because of a probe. */
function optionsBytes(
  { names, random }: EngineCore,
  { target, user }: ProbeRequest,
  { endpoint, branch }: { readonly endpoint: LocalEndpoint; readonly branch: string },
): Buffer {
  const uri = probeUri(target, user)
  const lines = [
    `OPTIONS ${uri} SIP/2.0`,
    `Via: ${names.viaStart(endpoint)}${branch};rport`,
    `Max-Forwards: ${user === undefined ? 0 : 70}`,
    `From: <sip:${names.internal(endpoint)}>;tag=${random.token()}`,
    `To: <sip:${user === undefined ? '' : `${user}@`}${hostText(target.address)}:${target.port}>`,
    `Call-ID: ${random.token()}`,
    'CSeq: 1 OPTIONS',
    'Accept: application/sdp',
    'Content-Length: 0',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
