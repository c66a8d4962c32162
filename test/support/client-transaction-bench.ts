import { fromWords } from '../../ingress/address/ip-address.ts'
import {
  ClientTransaction,
  type InviteTransactionUser,
  type RequestSink,
} from '../../ingress/sip/native/transaction/client-transaction.ts'
import { FakeClock } from './fake-clock.ts'

interface ClientBenchOptions {
  readonly kind: 'invite' | 'non-invite'
  readonly reliable: boolean
  /** Called for each sending; a transport that fails at once reports it here. */
  readonly onSend?: (bench: ClientBench) => void
  /** Called for each response that comes up. */
  readonly onResponse?: (bench: ClientBench, status: number) => void
}

/** A client transaction on a clock that stands still, with a record of everything it does. Messages are strings. */
export class ClientBench {
  readonly clock = new FakeClock()
  /** Bytes sent, as seconds and text, `0.5 request`; an ACK names the response that it acknowledges. */
  readonly sent: string[] = []
  /** Calls to the user: seconds, and the response's message, `timeout`, `terminated` or the transport's error. */
  readonly up: string[] = []
  readonly transaction: ClientTransaction<string>
  /** `reliable` may change until the transaction is started. */
  readonly sink: Omit<RequestSink, 'reliable'> & { reliable: boolean }

  constructor(options: ClientBenchOptions) {
    this.sink = {
      reliable: options.reliable,
      address: fromWords([0, 0, 0xffff, 0x0a000001]),
      sendRequest: (bytes) => {
        this.#note(this.sent, bytes.toString())
        options.onSend?.(this)
      },
    }
    const user = this.#user(options)
    this.transaction =
      options.kind === 'invite'
        ? new ClientTransaction('invite', this.clock, this.sink, user)
        : new ClientTransaction('non-invite', this.clock, this.sink, user)
  }

  start(): this {
    this.transaction.start(Buffer.from('request'))
    return this
  }

  /** Gives the transaction a response whose message is its status, or `message`. */
  receive(status: number, message = `${status}`): void {
    this.transaction.receiveResponse(status, message)
  }

  #user(options: ClientBenchOptions): InviteTransactionUser<string> {
    return {
      makeAck: (message) => Buffer.from(`ACK to ${message}`),
      onResponse: (_, status, message) => {
        this.#note(this.up, message)
        options.onResponse?.(this, status)
      },
      onTimeout: () => this.#note(this.up, 'timeout'),
      onTransportError: (_, error) => this.#note(this.up, error.message),
      onTerminated: () => this.#note(this.up, 'terminated'),
    }
  }

  #note(list: string[], what: string): void {
    list.push(`${this.clock.now() / 1000} ${what}`)
  }
}
