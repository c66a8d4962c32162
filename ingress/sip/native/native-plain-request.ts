import type { Answer, InboundPlain } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { ServerSides } from './server-sides.ts'

/** A request outside a dialog. It is answered here and never forwarded. */
export class NativePlainRequest extends MessageRequest implements InboundPlain {
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest

  constructor(sides: ServerSides, request: ReceivedRequest) {
    super(request.flow.peer, request.message, request.facts)
    this.#sides = sides
    this.#request = request
  }

  respond(answer: Answer): void {
    this.#sides.respond(this.#request, answer)
  }
}
