import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createTcpTransport } from '../../../../../../ingress/sip/native/transport/tcp-transport.ts'
import type { Transport } from '../../../../../../ingress/sip/native/transport/transport.ts'
import { FakeClock } from '../../../../../support/fake-clock.ts'
import { Inbox, RecordedEvents } from './recorded-events.ts'

/** The other end of a connection: what it has received, and when it is over. */
export class TcpPeer {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  received = ''
  /** Once per FIN from the other side. */
  readonly ends = new Inbox<true>()
  #wanted: { length: number; resolve: () => void } | undefined

  constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.setNoDelay(true)
    // A reset is one of the ways in which a connection may end here; `closed` tells.
    socket.on('error', () => undefined)
    socket.on('end', () => this.ends.put(true))
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
      if (this.#wanted && this.received.length >= this.#wanted.length) this.#wanted.resolve()
    })
  }

  /** Resolves with everything received once that is so many bytes. */
  async receive(length: number): Promise<string> {
    if (this.received.length < length) {
      await new Promise<void>((resolve) => {
        this.#wanted = { length, resolve }
      })
    }
    return this.received
  }

  /** Resolves when the system has taken the bytes. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(text, 'latin1', () => resolve()))
  }

  get port(): number {
    const address = this.socket.address()
    return 'port' in address ? address.port : 0
  }
}

/** Everything that one test opens. */
export interface TcpStage {
  newTransport(): { transport: Transport; events: RecordedEvents; clock: FakeClock }
  connectPeer(port: number, from?: string): Promise<TcpPeer>
  /** A backend: its accepted connections, in order. */
  listenPeer(port?: number): Promise<{ port: number; accepted: Inbox<TcpPeer>; server: Server }>
  close(): Promise<void>
}

export function createTcpStage(): TcpStage {
  const transports: Transport[] = []
  const peers: TcpPeer[] = []
  const servers: Server[] = []
  const keep = (peer: TcpPeer) => {
    peers.push(peer)
    return peer
  }
  return {
    newTransport: () => {
      const [events, clock] = [new RecordedEvents(), new FakeClock()]
      const transport = createTcpTransport({ events, clock })
      transports.push(transport)
      return { transport, events, clock }
    },
    connectPeer: async (port, from = '127.0.0.1') => {
      const socket = connect({ port, host: from === '::1' ? from : '127.0.0.1', localAddress: from })
      const peer = keep(new TcpPeer(socket))
      await once(socket, 'connect')
      return peer
    },
    listenPeer: async (port = 0) => {
      const accepted = new Inbox<TcpPeer>()
      const server = createServer((socket) => accepted.put(keep(new TcpPeer(socket))))
      servers.push(server)
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return { port: (server.address() as AddressInfo).port, accepted, server }
    },
    close: async () => {
      for (const peer of peers.splice(0)) peer.socket.destroy()
      for (const server of servers.splice(0)) server.close()
      await Promise.all(transports.splice(0).map((transport) => transport.close()))
    },
  }
}
