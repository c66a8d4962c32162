/** The outbound mode: drachtio-servers connect to this process, with one connection for each call that they hand over. */
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
  /** `drachtio://127.0.0.1:4000`, port 0 resolved. */
  readonly address: string
  /**
   * Accepts no more connections, and cuts those on which no server has authenticated. The engine ends the others after their
   * work.
   */
  close(): void
}

/** The error that this process cannot listen for servers at an address. */
class ListenError extends Error {
  readonly code = 'drachtio-listen-failed'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

/** Resolves when this process listens. Rejects with `code` `drachtio-listen-failed` if the address is not available. */
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
        // A lost connection is not a fault here: after the server has handed over its call, it closes a connection that it
        // does not need any more.
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
