/** The outbound mode: drachtio-servers connect to this process, with one connection for each call. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../time/clock.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { MAX_OUTBOUND_CONNECTIONS } from './limits.ts'
import { readSecret } from './server-secret.ts'
import { openSession, type ServerSession, type SessionEnd, type SessionEvents } from './server-session.ts'

export interface OutboundOptions {
  readonly config: DrachtioConfig
  readonly at: { readonly host: string; readonly port: number }
  readonly clock: Clock
  readonly events: SessionEvents
  readonly onFault: (code: string, message: string) => void
}

export interface OutboundListener {
  /** The address, such as `drachtio://127.0.0.1:4000`. If port 0 was asked for, this has the port that the system chose. */
  readonly address: string
  /**
   * Accepts no more connections. Closes the connections on which no server has authenticated yet. The engine ends all other
   * connections after their work.
   */
  close(): void
}

/** The error for an address at which this process cannot listen for servers. */
class ListenError extends Error {
  readonly code = 'drachtio-listen-failed'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

/** Resolves when this process listens. Rejects with `code` `drachtio-listen-failed` if it cannot listen at this address. */
export async function listenForServers(options: OutboundOptions): Promise<OutboundListener> {
  const { at, onFault } = options
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
    accept(options, socket, () => waiting.delete(socket)).catch((error: unknown) => {
      onFault('drachtio-secret-unusable', error instanceof Error ? error.message : String(error))
      socket.destroy()
    })
  })
  server.maxConnections = MAX_OUTBOUND_CONNECTIONS
  await bound(server, at)
  server.on('error', (error) => onFault('drachtio-listen-failed', error.message))
  return {
    address: urlOf(server),
    close: () => {
      server.close()
      for (const socket of waiting) socket.destroy()
    },
  }
}

async function accept(options: OutboundOptions, socket: Socket, taken: () => void): Promise<void> {
  const { config, clock, events, onFault } = options
  socket.on('error', (error) => onFault('drachtio-connection-lost', error.message))
  const secret = await readSecret(config)
  if (socket.destroyed) return
  const server = `drachtio-server at ${socket.remoteAddress ?? 'an unknown address'}`
  openSession(
    { socket, server, secret, clock },
    {
      ...events,
      onReady: (session) => {
        taken()
        events.onReady(session)
      },
      onEnd: (session: ServerSession, end: SessionEnd) => {
        // Here a lost connection is not a fault. After the server has handed over its call, it may not need the connection any
        // more and close it.
        if (end.code !== 'drachtio-connection-lost') onFault(end.code, end.message)
        events.onEnd(session, end)
      },
    },
  )
}

function bound(server: Server, { host, port }: OutboundOptions['at']): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const message = `--drachtio-listen ${host}:${port} cannot be had: ${error.message}`
      reject(new ListenError(message, { cause: error }))
    }
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return 'drachtio://'
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `drachtio://${host}:${address.port}`
}
