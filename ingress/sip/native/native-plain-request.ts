import type { Answer, InboundPlain } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { keyOf, peerOf, type ReceivedRequest } from './received-request.ts'
import type { ServerSides } from './server-sides.ts'

/** A request outside a dialog. It is answered here and never forwarded. */
export class NativePlainRequest extends MessageRequest implements InboundPlain {
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest

  constructor(sides: ServerSides, request: ReceivedRequest) {
    super(peerOf(request.flow), request.message, request.facts)
    this.#sides = sides
    this.#request = request
  }

  respond(answer: Answer): void {
    const side = this.#sides.open(this.#request, keyOf(this.#request, this.method))
    if (side) this.#sides.answer(side, answer)
  }
}
