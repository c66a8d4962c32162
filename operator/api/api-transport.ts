import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { ApiConnection } from './api-connection.ts'
import {
  API_BODY_TIMEOUT_MS,
  API_CONNECT_TIMEOUT_MS,
  API_HEADERS_TIMEOUT_MS,
  API_KEEP_ALIVE_MS,
  API_REQUEST_CONNECTIONS,
  API_TCP_KEEP_ALIVE_MS,
} from './limits.ts'

/** The connections to one API server. New connections replace them when a certificate changes. */
export interface ApiTransport {
  /** Chooses the connections for a request. A watch gets a connection of its own, because its answer goes on for minutes. */
  dispatcher(connection: ApiConnection, use: 'request' | 'watch'): Dispatcher
  /** Closes every connection at once. Requests that have no answer yet fail. */
  close(): Promise<void>
}

interface Agents {
  readonly key: string
  readonly request: Dispatcher
  readonly watch: Dispatcher
}

/** Makes a transport. It opens a connection when a request needs one. */
export function apiTransport(): ApiTransport {
  /**
   * All connections that are still open. Connections with an earlier certificate are closed when their last answer is complete.
   */
  const open = new Set<Dispatcher>()
  let agents: Agents | undefined
  const dispatcher = (connection: ApiConnection, use: 'request' | 'watch') => {
    if (agents?.key !== connection.key) {
      if (agents) retire(agents, open)
      agents = {
        key: connection.key,
        request: agent(connection, {
          connections: API_REQUEST_CONNECTIONS,
          bodyTimeout: API_BODY_TIMEOUT_MS,
        }),
        watch: agent(connection, { bodyTimeout: 0 }),
      }
      open.add(agents.request).add(agents.watch)
    }
    return agents[use]
  }
  const close = async () => {
    agents = undefined
    await Promise.all([...open].map((each) => each.destroy()))
    open.clear()
  }
  return { dispatcher, close }
}

function retire(agents: Agents, open: Set<Dispatcher>): void {
  for (const each of [agents.request, agents.watch]) each.close(() => open.delete(each))
}

/**
 * Makes connections with HTTP/1.1 only. With HTTP/2, all watches would share one connection. If this connection broke, all
 * watches would end. One slow reader would also delay all other watches.
 */
function agent({ tls, proxy }: ApiConnection, options: { connections?: number; bodyTimeout: number }): Dispatcher {
  const shared = {
    ...options,
    allowH2: false,
    headersTimeout: API_HEADERS_TIMEOUT_MS,
    keepAliveTimeout: API_KEEP_ALIVE_MS,
  }
  const connect = {
    timeout: API_CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: API_TCP_KEEP_ALIVE_MS,
  }
  if (proxy !== undefined) return new ProxyAgent({ ...shared, uri: proxy, requestTls: tls, connect })
  return new Agent({ ...shared, connect: { ...tls, ...connect } })
}
