/**
 * A network in memory for whole-engine tests: any address can be used, time is that of the fake clock, and every packet that
 * the engine sends is kept with its time. Messages on streams come whole, except those of `stream`.
 */
import { type IpAddress, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { STREAM_CONNECT_MS } from '../../ingress/sip/limits.ts'
import { StreamFramer } from '../../ingress/sip/message/stream-framer.ts'
import type { InviteShare } from '../../ingress/sip/native/transport/datagram/invite-filter.ts'
import { chooseLocal } from '../../ingress/sip/native/transport/local-endpoint.ts'
import type {
  Destination,
  Flow,
  Intake,
  LocalEndpoint,
  SendOptions,
  Transport,
  TransportEvents,
  TransportOptions,
} from '../../ingress/sip/native/transport/transport.ts'
import type { TransportName } from '../../ingress/sip/port/engine.ts'
import { POISON } from './datagrams.ts'
import type { FakeClock } from './fake-clock.ts'

/** A packet that the engine has sent. */
export interface SentPacket {
  readonly at: number
  readonly transport: TransportName
  readonly to: string
  readonly from: string
  readonly text: string
}

export type Receiver = (packet: SentPacket) => void

export class MemoryNetwork {
  readonly sent: SentPacket[] = []
  /** Peers, as `ADDRESS:PORT`, with an open TCP connection. */
  readonly connected = new Set<string>()
  /** Which shares of the new calls the engine wanted to be let in, in order. Here all calls are let in. */
  readonly admitted: InviteShare[] = []
  /** Datagrams that the engine has not yet been told of as dropped. */
  unreported = 0
  /** Whether a packet is lost on its way; by default none is. */
  lose: (packet: SentPacket) => boolean = () => false
  readonly #clock: FakeClock
  readonly #receivers = new Map<string, Receiver>()
  readonly #refusing = new Set<string>()
  /** Requests to be failed when their connection ends. */
  readonly #pending: { readonly to: string; readonly options: SendOptions }[] = []
  readonly #swallowing = new Set<string>()
  readonly #events = new Map<TransportName, TransportEvents>()
  readonly #locals: LocalEndpoint[] = []

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  /** Adds a receiver at `address:port`, over both transports. An address without a receiver is a black hole. */
  listen(at: string, receiver: Receiver): void {
    this.#receivers.set(at, receiver)
  }

  /** Refuses connections, and returns datagrams as ICMP port unreachable; over one transport, or over both. */
  refuse(at: string, transports: readonly TransportName[] = ['UDP', 'TCP']): void {
    for (const transport of transports) this.#refusing.add(`${transport} ${at}`)
  }

  /** Neither accepts nor refuses connections, like a firewall that drops them. Datagrams get through. */
  swallowConnections(at: string): void {
    this.#swallowing.add(at)
  }

  /** Ends the connections to an address, and fails the requests sent on them. */
  endConnections(at: string): void {
    for (const { to, options } of this.#pending.splice(0))
      if (to === at) options.onFailure(new Error('connection closed'))
  }

  takeConnections(at: string): void {
    this.#swallowing.delete(at)
  }

  /** Gives a message to the engine as if it came from `from`. Returns the flow, for closing. */
  deliver(from: string, message: string | Buffer, transport: TransportName = 'UDP', to?: string): MemoryFlow {
    const flow = this.flow(from, transport, to)
    const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : Buffer.from(message)
    this.#handOver(bytes, { offset: 0, length: bytes.length, flow })
    return flow
  }

  /** Says that the transport has read as many messages as it reads at once. */
  fullBatch(transport: TransportName = 'UDP'): void {
    this.#events.get(transport)?.onFullBatch()
  }

  /** Gives chunks of a connection to the engine, cut into messages as the TCP transport does. A broken stream is closed. */
  stream(from: string, chunks: readonly Buffer[]): MemoryFlow {
    const flow = this.flow(from, 'TCP')
    const framer = new StreamFramer()
    for (const chunk of chunks) {
      if (!flow.open) break
      framer.push(Buffer.from(chunk))
      this.#takeFrames(framer, flow)
    }
    return flow
  }

  flow(from: string, transport: TransportName = 'UDP', to?: string): MemoryFlow {
    const remote = splitAddress(from)
    const local = this.#locals.find(
      (endpoint) => endpoint.transport === transport && (to === undefined || nameOf(endpoint) === to),
    )
    if (!local) throw new Error(`nothing listens on ${transport} ${to ?? ''}`)
    return new MemoryFlow(this, local, remote)
  }

  makers(): Readonly<Record<TransportName, (options: TransportOptions) => Transport>> {
    const make = (name: TransportName) => (options: TransportOptions) => this.#make(name, options)
    return { UDP: make('UDP'), TCP: make('TCP') }
  }

  transmit(packet: Omit<SentPacket, 'at'>): void {
    const sent = { ...packet, at: this.#clock.now() }
    this.sent.push(sent)
    if (this.lose(sent)) return
    const receiver = this.#receivers.get(packet.to)
    if (receiver) this.#clock.after(0, receiver, sent)
  }

  /** A message is valid only during the call. So it is overwritten afterwards: code that has kept it without a copy fails. */
  #handOver(bytes: Buffer, part: { readonly offset: number; readonly length: number; readonly flow: Flow }): void {
    const { offset, length, flow } = part
    this.#events.get(flow.transport)?.onMessage(bytes, offset, length, flow)
    bytes.fill(POISON, offset, offset + length)
  }

  #takeFrames(framer: StreamFramer, flow: MemoryFlow): void {
    const events = this.#events.get('TCP')
    for (let frame = framer.next(); frame.type !== 'incomplete'; frame = framer.next()) {
      if (frame.type === 'message') this.#handOver(frame.bytes, { offset: frame.offset, length: frame.length, flow })
      if (frame.type !== 'broken') continue
      events?.onBrokenStream(frame.head, frame.code, flow)
      return flow.close()
    }
  }

  #make(name: TransportName, { events }: TransportOptions): Transport {
    this.#events.set(name, events)
    const local: LocalEndpoint[] = []
    return {
      name,
      local,
      bind: async ({ address, port }) => {
        const endpoint = { transport: name, address, port }
        local.push(endpoint)
        this.#locals.push(endpoint)
        return endpoint
      },
      sendRequest: (bytes, to, options) => this.#request(name, bytes, { to, options, local }),
      connectedTo: (address, port) => name === 'TCP' && this.connected.has(nameOf({ address, port })),
      ...(name === 'UDP' && { intake: this.#intake() }),
      close: async () => undefined,
    }
  }

  #intake(): Intake {
    return {
      admit: (share) => this.admitted.push(share) > 0,
      newlyDropped: () => {
        const dropped = this.unreported
        this.unreported = 0
        return dropped
      },
    }
  }

  #request(
    name: TransportName,
    bytes: Uint8Array,
    request: { readonly to: Destination; readonly options: SendOptions; readonly local: readonly LocalEndpoint[] },
  ): void {
    const to = nameOf(request.to)
    const from = chooseLocal(
      request.local.map((endpoint) => ({ endpoint })),
      request.to.address,
    )?.endpoint
    const text = Buffer.from(bytes).toString('latin1')
    if (name === 'TCP' && this.#swallowing.has(to)) {
      this.#fail(request.options, request.options.connectMs ?? STREAM_CONNECT_MS, 'connection timed out')
      return
    }
    this.transmit({ transport: name, to, from: from ? nameOf(from) : '', text })
    if (name === 'TCP') this.#pending.push({ to, options: request.options })
    if (this.#refusing.has(`${name} ${to}`)) this.#fail(request.options, 0, 'connection refused')
  }

  #fail(options: SendOptions, afterMs: number, message: string): void {
    this.#clock.after(afterMs, (error) => options.onFailure(error), new Error(message))
  }
}

/** The way on which a message came, as the engine sees it. */
export class MemoryFlow implements Flow {
  readonly transport: TransportName
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly peer: Flow['peer']
  readonly local: LocalEndpoint
  open = true
  /** Whether the system refuses all bytes: `send` fails. */
  failing = false
  held = 0
  /** Number of answers that would let a real stream count as a peer's. */
  answered = 0
  readonly #network: MemoryNetwork

  constructor(network: MemoryNetwork, local: LocalEndpoint, remote: { address: IpAddress; port: number }) {
    this.#network = network
    this.transport = local.transport
    this.remoteAddress = remote.address
    this.remotePort = remote.port
    this.peer = { address: remote.address, port: remote.port, transport: local.transport }
    this.local = local
  }

  send(bytes: Uint8Array, port = this.remotePort): boolean {
    if (this.failing) return false
    const to = nameOf({ address: this.remoteAddress, port })
    const text = Buffer.from(bytes).toString('latin1')
    this.answered++
    this.#network.transmit({ transport: this.transport, to, from: nameOf(this.local), text })
    return true
  }

  sendOnce(bytes: Uint8Array, port?: number): boolean {
    const sent = this.send(bytes, port)
    if (sent) this.answered--
    return sent
  }

  close(): void {
    this.open = false
  }

  hold(): void {
    this.held++
  }

  release(): void {
    this.held--
  }
}

function nameOf({ address, port }: { readonly address: IpAddress; readonly port: number }): string {
  return address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`
}

function splitAddress(text: string): { address: IpAddress; port: number } {
  const colon = text.lastIndexOf(':')
  const address = parseIpAddress(text.slice(0, colon))
  if (!address) throw new Error(`${text} is not ADDRESS:PORT`)
  return { address, port: Number(text.slice(colon + 1)) }
}
