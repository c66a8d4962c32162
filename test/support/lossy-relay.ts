/** A bad line: passes datagrams between one client and one server, and loses a seeded share of them in each direction. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface LossyRelay {
  /** The port of 127.0.0.1 to which the client sends. */
  readonly port: number
  /** Number of datagrams that came, and of those that were lost. */
  readonly counts: { readonly taken: number; readonly lost: number }
  /** Sets the server's port; datagrams that come before are lost. */
  connect(serverPort: number): void
  close(): void
}

/** `loss`: from 0 to 1. The same seed loses the datagrams at the same positions. */
export async function startLossyRelay({ seed, loss }: { seed: number; loss: number }): Promise<LossyRelay> {
  const [front, back] = await Promise.all([boundSocket(), boundSocket()])
  const counts = { taken: 0, lost: 0 }
  const ports: { client?: number; server?: number } = {}
  const next = createFractions(seed)
  const pass = (through: Socket, bytes: Buffer, port: number | undefined): void => {
    counts.taken++
    if (port !== undefined && next() >= loss) through.send(bytes, port, '127.0.0.1')
    else counts.lost++
  }
  front.on('message', (bytes, { port }) => {
    ports.client = port
    pass(back, bytes, ports.server)
  })
  back.on('message', (bytes) => pass(front, bytes, ports.client))
  return {
    port: front.address().port,
    counts,
    connect: (serverPort) => {
      ports.server = serverPort
    },
    close: () => {
      front.close()
      back.close()
    },
  }
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4').unref()
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** Numbers in [0, 1) by xorshift32 (Marsaglia 2003). */
function createFractions(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
