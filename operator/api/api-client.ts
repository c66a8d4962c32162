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
  /** The most objects that the server may put on one page. */
  readonly limit: number
  /** The continue token of the previous page; empty for the first page. */
  readonly continueToken: string
  readonly signal: AbortSignal
}

export interface WatchOptions {
  /** The version of the collection after which the watch begins. The watch reports only later events. */
  readonly resourceVersion: string
  /** The API server ends the watch after this many seconds. */
  readonly timeoutSeconds: number
  /** Is called whenever bytes arrive. The bytes may be only a part of an event. */
  readonly onContact: () => void
  readonly signal: AbortSignal
}

/** An object to write, and the path of the object. */
export interface ApiWrite {
  readonly path: ApiObjectPath
  readonly body: unknown
  readonly signal?: AbortSignal
}

/**
 * The Kubernetes API as the operator uses it. Every method throws an ApiError. If the signal was aborted, it throws the reason
 * of the signal instead. A request that gets a 401 is repeated once, with credentials that were read again. All other requests
 * are sent only once.
 */
export interface ApiClient {
  /** The URL of the API server. */
  readonly server: string
  /** The namespace of the Pod, or of the kubeconfig's context. */
  readonly namespace: string | undefined
  /** Reads one page of a list. All pages of a list show the collection at the same version. */
  list(resource: ApiResource, options: ListOptions): Promise<ApiObjectPage>
  /**
   * Resolves when the API server has accepted the watch. The iteration over the events ends when the API server ends the watch.
   */
  watch(resource: ApiResource, options: WatchOptions): Promise<AsyncIterable<WatchEvent>>
  get(resource: ApiResource, path: ApiObjectPath, signal?: AbortSignal): Promise<ApiObject>
  create(resource: ApiResource, body: unknown, signal?: AbortSignal): Promise<ApiObject>
  /**
   * An update. It fails with `api_conflict` if the body has a `metadata.resourceVersion` and another client has changed the
   * object since that version.
   */
  replace(resource: ApiResource, write: ApiWrite): Promise<ApiObject>
  /** A JSON merge patch (RFC 7386). A `metadata.resourceVersion` in the body has the same effect as in `replace`. */
  mergePatch(resource: ApiResource, write: ApiWrite & { readonly fieldManager?: string }): Promise<ApiObject>
  /** Returns the OpenAPI v3 document that the server has for the API group and the API version of sip-dispatch. */
  openApi(signal?: AbortSignal): Promise<unknown>
  /** Closes every connection. Requests that have no answer yet fail. */
  close(): Promise<void>
}

const MERGE_PATCH = 'application/merge-patch+json'

/**
 * Makes a client for the API server that a kubeconfig or the Pod's ServiceAccount names. The first request opens the first
 * connection. Throws a KubeConfigError.
 */
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

/**
 * Reads one page of a list. The query has no resourceVersion. The server then returns the newest state, which includes all
 * writes before this request.
 */
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
    // With bookmarks, the server reports a recent version even if the collection does not change. They also show that the watch
    // still works.
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
