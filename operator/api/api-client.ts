import { API_GROUP, API_VERSION } from '../../crds/schema/api-object.ts'
import {
  type ApiObject,
  type ApiObjectPage,
  parseJson,
  readApiObject,
  readApiObjectPage,
  readWatchEvent,
  type WatchEvent,
} from './api-object.ts'
import { type ApiObjectPath, type ApiResource, resourcePath } from './api-resource.ts'
import { type ApiRequest, type ApiWire, type ApiWireOptions, apiWire } from './api-wire.ts'
import { lines } from './line-stream.ts'

export interface ListOptions {
  /** Objects on one page. */
  readonly limit: number
  /** Of the page before; empty for the first page. */
  readonly continueToken: string
  readonly signal: AbortSignal
}

export interface WatchOptions {
  /** The state of the collection after which events are wanted. */
  readonly resourceVersion: string
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number
  /** Called whenever something comes in, be it half an event. */
  readonly onContact: () => void
  readonly signal: AbortSignal
}

/** An object to write, and where. */
export interface ApiWrite {
  readonly path: ApiObjectPath
  readonly body: unknown
  readonly signal?: AbortSignal
}

/**
 * The Kubernetes API as the operator uses it. Every method throws an ApiError, or the signal's reason once that is
 * aborted. A 401 is tried again once with credentials read anew; nothing else is retried here.
 */
export interface ApiClient {
  /** The URL of the API server. */
  readonly server: string
  /** The namespace of the Pod or of the kubeconfig's context. */
  readonly namespace: string | undefined
  /** One page of a consistent list. */
  list(resource: ApiResource, options: ListOptions): Promise<ApiObjectPage>
  /** Resolves once the server has accepted the watch. The events end when the server ends it. */
  watch(resource: ApiResource, options: WatchOptions): Promise<AsyncIterable<WatchEvent>>
  get(resource: ApiResource, path: ApiObjectPath, signal?: AbortSignal): Promise<ApiObject>
  create(resource: ApiResource, body: unknown, signal?: AbortSignal): Promise<ApiObject>
  /** Update: with a `metadata.resourceVersion` in the body it fails with `api_conflict` where another was faster. */
  replace(resource: ApiResource, write: ApiWrite): Promise<ApiObject>
  /** JSON merge patch (RFC 7386). With a `metadata.resourceVersion` in the body as `replace`. */
  mergePatch(resource: ApiResource, write: ApiWrite & { readonly fieldManager?: string }): Promise<ApiObject>
  /** What the server publishes of this version's own resources (OpenAPI v3). */
  openApi(signal?: AbortSignal): Promise<unknown>
  /** Ends every connection; requests in flight fail. */
  close(): Promise<void>
}

const MERGE_PATCH = 'application/merge-patch+json'

/** A client for the API server that a kubeconfig or the Pod's ServiceAccount names. Throws a KubeConfigError. Connects nowhere yet. */
export function apiClient(options: ApiWireOptions): ApiClient {
  const wire = apiWire(options)
  const object = async (request: ApiRequest) => readApiObject(await json(wire, request))
  return {
    server: wire.server,
    namespace: wire.namespace,
    list: (resource, list) => listPage(wire, resource, list),
    watch: (resource, watch) => openWatch(wire, resource, watch),
    get: (resource, path, signal) => object({ method: 'GET', path: resourcePath(resource, path), signal }),
    create: (resource, body, signal) => object({ method: 'POST', path: resourcePath(resource), body, signal }),
    replace: (resource, { path, body, signal }) => {
      return object({ method: 'PUT', path: resourcePath(resource, path), body, signal })
    },
    mergePatch: (resource, { path, fieldManager, ...write }) => {
      const query = fieldManager === undefined ? {} : { fieldManager }
      return object({ method: 'PATCH', path: resourcePath(resource, path), contentType: MERGE_PATCH, query, ...write })
    },
    openApi: (signal) => json(wire, { method: 'GET', path: `/openapi/v3/apis/${API_GROUP}/${API_VERSION}`, signal }),
    close: () => wire.close(),
  }
}

async function json(wire: ApiWire, request: ApiRequest): Promise<unknown> {
  const body = await wire.send(request)
  return parseJson(await body.text())
}

/** Without a resourceVersion the answer is the newest state: what was written before the request is in it. */
async function listPage(wire: ApiWire, resource: ApiResource, options: ListOptions): Promise<ApiObjectPage> {
  const { limit, continueToken, signal } = options
  const query = { limit: String(limit), ...(continueToken === '' ? {} : { continue: continueToken }) }
  return readApiObjectPage(await json(wire, { method: 'GET', path: resourcePath(resource), query, signal }))
}

async function openWatch(
  wire: ApiWire,
  resource: ApiResource,
  options: WatchOptions,
): Promise<AsyncIterable<WatchEvent>> {
  const { resourceVersion, timeoutSeconds, onContact, signal } = options
  const query = {
    watch: 'true',
    // Bookmarks keep the version of a quiet collection young, and show that the watch is alive.
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  }
  const body = await wire.send({ method: 'GET', path: resourcePath(resource), query, signal, use: 'watch' })
  return events(lines(body, onContact))
}

async function* events(eventLines: AsyncIterable<string>): AsyncGenerator<WatchEvent> {
  for await (const line of eventLines) yield readWatchEvent(line)
}
