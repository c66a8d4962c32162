import type { Dispatcher } from 'undici'
import { errorText } from '../../ingress/text/error-text.ts'
import { type ApiConnection, apiConnections } from './api-connection.ts'
import { ApiError, answerError } from './api-error.ts'
import { apiTransport } from './api-transport.ts'
import { type KubeConfigSource, loadKubeConfig } from './kube-config.ts'
import { credentialsText } from './kube-config-user.ts'
import type { KubeUser } from './kube-context.ts'

/** The facts about one request that has an answer or has failed. `rest_client_requests_total` counts these requests. */
export interface ApiRequestReport {
  readonly method: string
  /** The HTTP status, or `<error>` if there was no answer. */
  readonly code: string
  /** `host:port` of the API server. */
  readonly host: string
  /** The time until the head of the answer. The body is not included, because the body of a watch goes on for minutes. */
  readonly seconds: number
}

export interface ApiWireOptions extends KubeConfigSource {
  readonly onRequest?: (report: ApiRequestReport) => void
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** An absolute path, percent-encoded, without a query. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The content type of the body. Default: `application/json`. */
  readonly contentType?: string
  readonly use?: 'request' | 'watch'
  readonly signal?: AbortSignal | undefined
}

/** The body of an answer. The parts have the sizes in which they arrive. */
export type ApiBody = AsyncIterable<Uint8Array> & { text(): Promise<string> }

/** Sends requests to one API server, with its credentials. */
export interface ApiWire {
  readonly server: string
  readonly namespace: string | undefined
  /**
   * Resolves with the body of a 2xx answer. Throws an ApiError. If the signal was aborted, throws the reason of the signal
   * instead.
   */
  send(request: ApiRequest): Promise<ApiBody>
  close(): Promise<void>
}

/** Reads the kubeconfig and makes an ApiWire. The first request opens the first connection. Throws a KubeConfigError. */
export function apiWire(options: ApiWireOptions): ApiWire {
  let context = loadKubeConfig(options)
  const { namespace, cluster } = context
  let connections = apiConnections(context)
  const transport = apiTransport()
  const attempt = async (request: ApiRequest) => {
    const connection = await connections().catch(withoutCredentials)
    const dispatcher = transport.dispatcher(connection, request.use ?? 'request')
    return await exchange({ request, connection, dispatcher, onRequest: options.onRequest })
  }
  const reload = () => {
    try {
      context = loadKubeConfig(options)
      connections = apiConnections(context)
    } catch (error) {
      withoutCredentials(error)
    }
  }
  const send = async (request: ApiRequest) => {
    const used = connections
    try {
      return await attempt(request)
    } catch (error) {
      if (!isUnauthorized(error)) throw error
    }
    // A token or a certificate was replaced, so the kubeconfig is read again. If several requests are refused at the same time,
    // it is read only once.
    if (connections === used) reload()
    return await attempt(request).catch((error: unknown) => {
      throw isUnauthorized(error) ? unauthorized(error, context.user) : error
    })
  }
  return { server: cluster.server, namespace, send, close: () => transport.close() }
}

function isUnauthorized(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'api_unauthorized'
}

function unauthorized({ message, status, reason }: ApiError, user: KubeUser): ApiError {
  const remedy = `it does not take ${credentialsText(user)}: renew that, or see whether another cluster is meant`
  return new ApiError({ code: 'api_unauthorized', status, reason, message: `${message}; ${remedy}` })
}

function withoutCredentials(cause: unknown): never {
  throw new ApiError({
    code: 'api_credentials',
    message: `no credentials for the API server: ${errorText(cause)}`,
    cause,
  })
}

interface Exchange {
  readonly request: ApiRequest
  readonly connection: ApiConnection
  readonly dispatcher: Dispatcher
  readonly onRequest: ApiWireOptions['onRequest']
}

async function exchange({ request, connection, dispatcher, onRequest }: Exchange): Promise<ApiBody> {
  const started = performance.now()
  const report = (code: string) => {
    const seconds = (performance.now() - started) / 1000
    onRequest?.({ method: request.method, code, host: new URL(connection.origin).host, seconds })
  }
  const answer = await answerTo(dispatcher, requestOptions(request, connection), () => report('<error>'))
  report(String(answer.statusCode))
  const whole = body(answer.body, request.signal)
  if (answer.statusCode >= 200 && answer.statusCode < 300) return whole
  const retryAfter = answer.headers['retry-after']
  throw answerError({
    status: answer.statusCode,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    body: await whole.text(),
  })
}

async function answerTo(dispatcher: Dispatcher, options: Dispatcher.RequestOptions, onError: () => void) {
  try {
    return await dispatcher.request(options)
  } catch (error) {
    onError()
    if (options.signal instanceof AbortSignal) options.signal.throwIfAborted()
    throw unreachable(String(options.origin), error)
  }
}

function requestOptions(request: ApiRequest, connection: ApiConnection): Dispatcher.RequestOptions {
  const { method, path, query, body, contentType, signal } = request
  const content = { 'content-type': contentType ?? 'application/json' }
  return {
    origin: connection.origin,
    path: connection.basePath + path,
    method,
    ...(query === undefined ? {} : { query }),
    headers: {
      accept: 'application/json',
      'user-agent': 'sip-dispatch-operator',
      ...connection.headers,
      ...(body === undefined ? {} : content),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** The body of an answer. If the connection breaks in the middle of the body, the error is the same as for a missing answer. */
function body(answer: Dispatcher.ResponseData['body'], signal: AbortSignal | undefined): ApiBody {
  const failed = (error: unknown) => {
    signal?.throwIfAborted()
    return unreachable('the API server', error)
  }
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of answer) yield part
    } catch (error) {
      throw failed(error)
    }
  }
  const text = async () => {
    try {
      return await answer.text()
    } catch (error) {
      throw failed(error)
    }
  }
  return { [Symbol.asyncIterator]: parts, text }
}

function unreachable(origin: string, cause: unknown): ApiError {
  const message = `no whole answer from ${origin}: ${errorText(cause)}; it is asked again: check that the API server runs and can be reached from here`
  return new ApiError({ code: 'api_unreachable', message, cause })
}
