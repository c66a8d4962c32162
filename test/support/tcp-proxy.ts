/** A TCP proxy on 127.0.0.1. A test can cut its connections, or stop all bytes while they stay open. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** Number of open connections. */
  connections(): number
  /** Resets every connection; new ones are still accepted. */
  cut(): void
  /** From now on no byte passes in either direction: connections stay open, and new ones are accepted without an answer. */
  stall(): void
  /** Lets bytes pass again, first those that came in the meantime. */
  resume(): void
  /** Resets every connection and refuses new ones. */
  close(): Promise<void>
}

/** An accepted connection, and the connection that was opened for it. */
interface Link {
  readonly near: Socket
  readonly far: Socket
}

/** Forwards to a port of 127.0.0.1; the target may start later. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const links = new Set<Link>()
  const state = { stalled: false }
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    const link = linked(near, targetPort)
    links.add(link)
    near.on('close', () => links.delete(link))
    if (!state.stalled) join(link)
  })
  const cut = (): void => {
    for (const { near, far } of links) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  return {
    port: await listeningPort(server),
    connections: () => links.size,
    cut,
    stall: () => {
      state.stalled = true
      for (const link of links) separate(link)
    },
    resume: () => {
      if (!state.stalled) return
      state.stalled = false
      for (const link of links) join(link)
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}

async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('TCP_PROXY_ADDRESS: the proxy has no port')
  return address.port
}

/** Both sides share their fate: an error on either resets both, and an end is passed on. */
function linked(near: Socket, targetPort: number): Link {
  const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
  near.on('error', () => far.resetAndDestroy())
  near.on('close', () => far.destroySoon())
  far.on('error', () => near.resetAndDestroy())
  far.on('close', () => near.destroySoon())
  return { near, far }
}

function join({ near, far }: Link): void {
  near.pipe(far)
  far.pipe(near)
}

function separate({ near, far }: Link): void {
  near.unpipe(far).pause()
  far.unpipe(near).pause()
}
