import { ByteStore } from '../../ingress/sip/native/transaction/byte-store.ts'
import {
  type ResponseSink,
  ServerTransaction,
  type ServerTransactionUser,
} from '../../ingress/sip/native/transaction/server-transaction.ts'
import { FakeClock } from './fake-clock.ts'

interface ServerBenchOptions {
  readonly kind: 'invite' | 'non-invite'
  readonly reliable: boolean
  /** The result that the transport returns for each response sent. */
  readonly delivers?: boolean
}

/** A server transaction on a clock that stands still, with a record of everything it does. */
export class ServerBench {
  readonly clock = new FakeClock()
  /** Bytes sent, as seconds and text, `0.5 503`. */
  readonly sent: string[] = []
  /** Calls to the user, as seconds and callback, `32 timeout`. */
  readonly reports: string[] = []
  readonly transaction: ServerTransaction
  readonly responses = new ByteStore()

  constructor(options: ServerBenchOptions) {
    const { clock } = this
    const sink: ResponseSink = {
      reliable: options.reliable,
      sendResponse: (bytes) => {
        this.sent.push(`${clock.now() / 1000} ${bytes.toString()}`)
        return options.delivers ?? true
      },
    }
    const user: ServerTransactionUser = {
      onTimeout: () => this.reports.push(`${clock.now() / 1000} timeout`),
      onTerminated: () => this.reports.push(`${clock.now() / 1000} terminated`),
    }
    this.transaction = new ServerTransaction(options.kind, sink, { clock, user, responses: this.responses })
  }

  /** Sends a response whose bytes are its status, or `text`. */
  respond(status: number, text = `${status}`): void {
    this.transaction.respond(status, Buffer.from(text))
  }
}
