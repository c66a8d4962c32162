/** A TCP proxy on 127.0.0.1 whose connections can be cut, or be left open with nothing passing through. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  connections(): number
  /** Resets every connection; new ones are still taken. */
  cut(): void
  /** From now on nothing passes, in either direction: connections stay open, new ones are taken and hear nothing. */
  stall(): void
  /** Lets everything pass again, first of all what came in the meantime. */
  resume(): void
  /** Resets every connection and takes no new ones: they are refused. */
  close(): Promise<void>
}

/** A connection that was taken, and the one that was opened for it. */
interface Link {
  readonly near: Socket
  readonly far: Socket
}

/** Passes on to a port of 127.0.0.1; the target need not be there yet. */
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

/** What happens to one side happens to the other: an error on either resets both, an end is passed on. */
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
