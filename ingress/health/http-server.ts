/** The HTTP server of a pod: /metrics for Prometheus, /livez and /readyz for the kubelet, /backends for people. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createHttpConnections, type HttpConnections } from './http-connections.ts'
import { CHECK_INTERVAL_MS, HEADERS_TIMEOUT_MS, KEEP_ALIVE_MS, MAX_HEADER_BYTES, REQUEST_TIMEOUT_MS } from './limits.ts'

export interface HttpServerOptions {
  /** Port 0: any free port. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Returns the metrics in Prometheus text format 0.0.4. */
  readonly metricsText: () => Promise<string>
  /** Called at each /readyz. If the process is not ready, the answer is 503 with one reason per line. */
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] }
  /**
   * Called at each /livez. Returns reasons to restart the process. If there are no reasons, or if this function is absent,
   * /livez answers 200.
   */
  readonly live?: () => readonly string[]
  /** Called at each /backends. Returns what is to be shown as JSON. If this function is absent, there is no such page. */
  readonly backends?: () => unknown
  /** Called for each fault that does not end the server: code `http-page-failed` or `http-server-failed`. */
  readonly onFault: (code: string, message: string) => void
}

export interface RunningHttpServer {
  /**
   * The bound address, such as `http://127.0.0.1:9090`. If the setting is port 0, the address contains the port that was
   * chosen.
   */
  readonly address: string
  /** Closes the server and aborts requests in progress. This is safe, because a probe asks again. */
  close(): Promise<void>
}

interface Page {
  readonly status: number
  readonly text: string | Buffer
  /** The media type. Absent: that of the metrics, which is plain text. */
  readonly type?: string
}

type Pages = ReadonlyMap<string, () => Page | Promise<Page>>

const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Resolves when the server listens. Rejects with `code` `http-listen-failed` if the address is not available. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const pages = createPages(options)
  const connections = createHttpConnections(() => performance.now())
  const server = createServer(TIMES, (request, response) => {
    if (!takeRequest(connections, request.socket, response)) return
    answer(pages, request, response).catch((error: unknown) => {
      options.onFault('http-server-failed', asError(error).message)
      response.destroy()
    })
  })
  server.on('connection', (socket) => connections.enter(socket))
  await bind(server, options.listen)
  server.on('error', (error) => options.onFault('http-server-failed', error.message))
  const sweeping = setInterval(() => connections.sweep(), CHECK_INTERVAL_MS).unref()
  return {
    address: boundAddress(server),
    close: () => {
      clearInterval(sweeping)
      return close(server)
    },
  }
}

const TIMES = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
}

/**
 * Takes the requests of a connection one at a time. Probes and scrapers wait for an answer before they send the next
 * request.
 */
function takeRequest(connections: HttpConnections, socket: Socket, response: ServerResponse): boolean {
  if (!connections.begin(socket)) return false
  response.once('close', () => connections.end(socket))
  return true
}

function createPages({ metricsText, ready, live, backends, onFault }: HttpServerOptions): Pages {
  const metrics = shareResults(() => metricsPage(metricsText, onFault))
  return new Map<string, () => Page | Promise<Page>>([
    ['/metrics', metrics],
    ['/livez', () => livePage(live?.() ?? [])],
    ['/readyz', () => readyPage(ready())],
    ...(backends ? [['/backends', () => jsonPage(backends())] as const] : []),
  ])
}

/**
 * If requests come while a page is being made, they all get this page. So many requests at once cost as much time and
 * memory as one.
 */
function shareResults(make: () => Promise<Page>): () => Promise<Page> {
  let making: Promise<Page> | undefined
  return () => {
    making ??= make().finally(() => {
      making = undefined
    })
    return making
  }
}

/** Makes the page of the metrics. After an error, only this scrape fails and the pod goes on. */
async function metricsPage(metricsText: () => Promise<string>, onFault: HttpServerOptions['onFault']): Promise<Page> {
  try {
    return { status: 200, text: Buffer.from(await metricsText()) }
  } catch (error) {
    onFault('http-page-failed', `/metrics could not be made: ${asError(error).message}`)
    return { status: 500, text: 'the metrics could not be made: see the log\n' }
  }
}

function jsonPage(value: unknown): Page {
  return { status: 200, text: `${JSON.stringify(value, null, 2)}\n`, type: 'application/json' }
}

function livePage(reasons: readonly string[]): Page {
  return reasons.length === 0 ? { status: 200, text: 'ok\n' } : { status: 500, text: `${reasons.join('\n')}\n` }
}

function readyPage({ ready, reasons }: ReturnType<HttpServerOptions['ready']>): Page {
  return ready ? { status: 200, text: 'ok\n' } : { status: 503, text: `not ready\n${reasons.join('\n')}\n` }
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // No page reads a body. The connection is closed after the answer, so that the server does not wait for the end of the
  // body.
  if (!request.complete && hasBody(request)) response.setHeader('Connection', 'close')
  const [path = ''] = (request.url ?? '').split('?', 1)
  const page = pages.get(path)
  if (!page) return send(response, { status: 404, text: 'not found: try /metrics, /livez or /readyz\n' })
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // A 405 must list the methods that are allowed (RFC 9110 §15.5.6).
    response.setHeader('Allow', 'GET, HEAD')
    return send(response, { status: 405, text: 'method not allowed: use GET\n' })
  }
  send(response, await page())
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function send(response: ServerResponse, { status, text, type = METRICS_CONTENT_TYPE }: Page): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  })
  response.end(text)
}

/** Binds the server. `::` takes both address families. If the kernel has no IPv6, `::` means every IPv4 address here. */
async function bind(server: Server, at: HttpServerOptions['listen']): Promise<void> {
  try {
    await listen(server, at)
  } catch (error) {
    const cause = errnoOf(error) === 'EAFNOSUPPORT' && at.host === '::' ? await tried(server, at.port) : error
    if (cause === undefined) return
    const why = errnoOf(cause) === 'EADDRINUSE' ? 'the address is in use' : asError(cause).message
    const message = `cannot listen for HTTP on ${authority(at.host, at.port)}: ${why}; choose another with --http`
    throw Object.assign(new Error(message, { cause }), { code: 'http-listen-failed' })
  }
}

function tried(server: Server, port: number): Promise<unknown> {
  return listen(server, { host: '0.0.0.0', port }).then(
    () => undefined,
    (error: unknown) => error,
  )
}

function listen(server: Server, at: HttpServerOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function errnoOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

function boundAddress(server: Server): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('an HTTP server that listens has an address')
  return `http://${authority(bound.address, bound.port)}`
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
