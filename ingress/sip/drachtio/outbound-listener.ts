/** The outbound mode: drachtio-servers connect to this process, one connection for each call that they hand over. */
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
  /** Takes no more connections, and cuts those that no server has authenticated on; whoever has work on others ends them. */
  close(): void
}

/** An address where servers cannot be waited for. */
class ListenError extends Error {
  readonly code = 'drachtio-listen-failed'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

/** Resolves once it listens. Rejects with `code` `drachtio-listen-failed` if the address is not available. */
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
        // The server closes a connection when it has handed over its call and needs it no more.
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
