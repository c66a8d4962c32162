/**
 * The transport in memory: takes the packets that the product sends, and counts them. Like the transport over UDP, it makes one
 * small object for each packet that comes. It makes no string and no copy.
 */
import type { Buffer as Bytes } from 'node:buffer'
import type { IpAddress } from '../../ingress/address/ip-address.ts'
import type { TransportMakers } from '../../ingress/sip/native/native-engine.ts'
import type { Flow, LocalEndpoint, TransportEvents } from '../../ingress/sip/native/transport/transport.ts'

/** Numbers of `Wire.counts`: statuses are counted under themselves, requests under the first letter of their method. */
const COUNTS = 700
const STATUS_AT = 'SIP/2.0 '.length
const ZERO = 0x30

/** Where packets come from. */
export interface Source {
  readonly address: IpAddress
  readonly port: number
}

export interface Wire {
  /** The call whose packets are under way now, its place, and the number of its step. */
  call: number
  slot: number
  step: number
  /** For each slot: the last packet to the caller, and the last one to the backend. */
  readonly toCaller: (Bytes | undefined)[]
  readonly toBackend: (Bytes | undefined)[]
  /** How many responses with each status, and requests with each first letter, were sent. */
  readonly counts: Uint32Array
  readonly makers: TransportMakers
  /** Hands a packet to the product. */
  deliver(bytes: Bytes, from: Source): void
  /** From now on packets go to this function, or to the product again. */
  divert(take: ((flow: Flow, bytes: Bytes) => unknown) | undefined): void
}

/** Opens no socket. The engine is bound to whatever address it asks for. */
export function createWire(): Wire {
  let product: Pick<TransportEvents, 'onMessage'> | undefined
  let events = product
  const locals: LocalEndpoint[] = []
  let flow: WireFlow | undefined
  const wire: Wire = {
    call: 0,
    slot: 0,
    step: 0,
    toCaller: [],
    toBackend: [],
    counts: new Uint32Array(COUNTS),
    makers: { UDP: (options) => make('UDP', options.events), TCP: (options) => make('TCP', options.events) },
    deliver: (bytes, from) => {
      const [local] = locals
      if (local === undefined) return
      // As the transport does: packets of one source get one flow.
      if (flow?.from !== from) flow = new WireFlow(wire, local, from)
      events?.onMessage(bytes, 0, bytes.length, flow)
    },
    divert: (take) => {
      events = take ? { onMessage: (bytes, _offset, _length, flow) => take(flow, bytes) } : product
    },
  }
  const make = (name: 'UDP' | 'TCP', given: TransportEvents): ReturnType<TransportMakers['UDP']> => {
    if (name === 'UDP') {
      product = given
      events = given
    }
    return {
      name,
      local: locals,
      bind: async ({ address, port }) => {
        const endpoint = { transport: name, address, port }
        locals.push(endpoint)
        return endpoint
      },
      sendRequest: (bytes) => takeRequest(wire, bytes),
      connectedTo: () => false,
      close: async () => undefined,
    }
  }
  return wire
}

/** Takes a packet to the backend. */
export function takeRequest(wire: Wire, bytes: Uint8Array): void {
  const letter = bytes[0] ?? 0
  wire.counts[letter] = (wire.counts[letter] ?? 0) + 1
  wire.toBackend[wire.slot] = asBuffer(bytes)
}

function takeResponse(wire: Wire, bytes: Uint8Array): void {
  const status = digit(bytes, 0) * 100 + digit(bytes, 1) * 10 + digit(bytes, 2)
  wire.counts[status] = (wire.counts[status] ?? 0) + 1
  wire.toCaller[wire.slot] = asBuffer(bytes)
}

function digit(bytes: Uint8Array, place: number): number {
  return (bytes[STATUS_AT + place] ?? 0) - ZERO
}

function asBuffer(bytes: Uint8Array): Bytes {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

class WireFlow implements Flow {
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly peer: Flow['peer']
  readonly local: LocalEndpoint
  readonly from: Source
  readonly #wire: Wire

  constructor(wire: Wire, local: LocalEndpoint, from: Source) {
    this.#wire = wire
    this.local = local
    this.from = from
    this.remoteAddress = from.address
    this.remotePort = from.port
    this.peer = { address: from.address, port: from.port, transport: 'UDP' }
  }

  get transport(): 'UDP' {
    return 'UDP'
  }

  get open(): boolean {
    return true
  }

  send(bytes: Uint8Array): boolean {
    takeResponse(this.#wire, bytes)
    return true
  }

  sendOnce(bytes: Uint8Array): boolean {
    return this.send(bytes)
  }

  close(): void {
    // A datagram has nothing to close.
  }

  hold(): void {
    // A datagram has nothing to hold.
  }

  release(): void {
    // A datagram has nothing to release.
  }
}
