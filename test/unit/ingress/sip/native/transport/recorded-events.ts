import { networkInterfaces } from 'node:os'
import { type IpAddress, parseIpAddress } from '../../../../../../ingress/address/ip-address.ts'
import type { Destination, Flow, TransportEvents } from '../../../../../../ingress/sip/native/transport/transport.ts'

/** What has come and nobody has taken yet; `take` waits for the next. */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #takers: ((item: T) => void)[] = []

  put(item: T): void {
    const taker = this.#takers.shift()
    if (taker) taker(item)
    else this.#items.push(item)
  }

  take(): Promise<T> {
    const item = this.#items.shift()
    return item === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(item)
  }

  get size(): number {
    return this.#items.length
  }
}

/** The engine's side of a transport: everything that it is told, to be awaited. */
export class RecordedEvents implements TransportEvents {
  readonly messages = new Inbox<{ text: string; flow: Flow }>()
  readonly broken = new Inbox<{ head: string; fault: string; flow: Flow }>()
  readonly unreachable = new Inbox<{ destination: Destination; error: Error }>()
  readonly faults = new Inbox<{ code: string; message: string }>()
  /** 127.0.0.2 is the stranger until a test says otherwise. */
  strangers: ReadonlySet<string> = new Set(['127.0.0.2'])
  /** How many full batches came. */
  fullBatches = 0
  /** Runs inside `onMessage`, as an engine does that answers at once. */
  react: (flow: Flow) => void = () => undefined

  onMessage(bytes: Buffer, offset: number, length: number, flow: Flow): void {
    this.messages.put({ text: bytes.toString('latin1', offset, offset + length), flow })
    this.react(flow)
  }

  onFullBatch(): void {
    this.fullBatches++
  }

  onBrokenStream(head: Buffer, fault: string, flow: Flow): void {
    this.broken.put({ head: head.toString('latin1'), fault, flow })
    this.react(flow)
  }

  onUnreachable(destination: Destination, error: Error): void {
    this.unreachable.put({ destination, error })
  }

  isKnown(remote: IpAddress): boolean {
    return !this.strangers.has(remote.text)
  }

  onFault(code: string, message: string): void {
    this.faults.put({ code, message })
  }
}

export function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (!address) throw new Error(`${text} is no address`)
  return address
}

/** The `code` of an error, ours or the system's. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** Some machines have no IPv6, not even on loopback. */
export const HAS_IPV6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
)

/** A whole message of the given body length, as a stream carries it. */
export function optionsRequest(bodyLength = 0): string {
  const lines = ['OPTIONS sip:192.0.2.1 SIP/2.0', 'Call-ID: a@example.com', `Content-Length: ${bodyLength}`, '', '']
  return lines.join('\r\n') + 'b'.repeat(bodyLength)
}
