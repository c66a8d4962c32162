import { ApiError, watchError } from './api-error.ts'
import { isRecord } from './json-value.ts'

/** The operator writes statuses under this name. `kubectl get --show-managed-fields` shows it. */
export const FIELD_MANAGER = 'sip-dispatch-operator'

/** An object as the API server sent it. Only the fields that the operator uses have been checked. */
export interface ApiObject {
  readonly metadata: ApiObjectMetadata
  readonly [field: string]: unknown
}

/** The metadata of an object. The named fields have been checked. */
export interface ApiObjectMetadata {
  readonly name: string
  /** Empty for an object without a namespace. */
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly [field: string]: unknown
}

/** One page of a list. */
export interface ApiObjectPage {
  readonly items: readonly ApiObject[]
  readonly resourceVersion: string
  /** The token for the request of the next page. Empty on the last page. */
  readonly continueToken: string
}

/** One event of a watch. An ERROR event is missing here, because it is thrown as an ApiError. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

/** Checks and returns an object. Throws an ApiError `api_response_invalid`. */
export function readApiObject(value: unknown): ApiObject {
  const metadata = isRecord(value) ? value['metadata'] : undefined
  if (!isRecord(value) || !isRecord(metadata)) throw invalid('an object without metadata')
  const { name, namespace, uid, resourceVersion } = metadata
  if (typeof name !== 'string' || typeof uid !== 'string' || typeof resourceVersion !== 'string') {
    throw invalid('an object without name, uid or resourceVersion')
  }
  const place = typeof namespace === 'string' ? namespace : ''
  return { ...value, metadata: { ...metadata, name, namespace: place, uid, resourceVersion } }
}

/** Checks and returns a page of a list. Throws an ApiError `api_response_invalid`. */
export function readApiObjectPage(value: unknown): ApiObjectPage {
  const metadata = isRecord(value) ? value['metadata'] : undefined
  if (!isRecord(value) || !isRecord(metadata)) throw invalid('a list without metadata')
  const { resourceVersion, continue: continueToken } = metadata
  const items = value['items'] ?? []
  if (typeof resourceVersion !== 'string' || !Array.isArray(items)) throw invalid('a list without resourceVersion')
  return {
    items: items.map(readApiObject),
    resourceVersion,
    continueToken: typeof continueToken === 'string' ? continueToken : '',
  }
}

const OBJECT_EVENTS = ['ADDED', 'MODIFIED', 'DELETED'] as const

/** Reads one line of a watch. Throws an ApiError: the error from an ERROR event, or `api_response_invalid`. */
export function readWatchEvent(line: string): WatchEvent {
  const value = parseJson(line)
  const object = isRecord(value) ? value['object'] : undefined
  if (!isRecord(value) || !isRecord(object)) throw invalid('an event without an object')
  if (value['type'] === 'ERROR') throw watchError(object)
  if (value['type'] === 'BOOKMARK') return { type: 'BOOKMARK', resourceVersion: bookmarkVersion(object) }
  const type = OBJECT_EVENTS.find((known) => known === value['type'])
  if (type === undefined) throw invalid(`an event of type ${JSON.stringify(value['type'])}`)
  return { type, object: readApiObject(object) }
}

/** Parses the JSON of a body. Throws an ApiError `api_response_invalid`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid('text that is no JSON', cause)
  }
}

function bookmarkVersion(object: Readonly<Record<string, unknown>>): string {
  const metadata = object['metadata']
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined
  if (typeof version !== 'string') throw invalid('a bookmark without resourceVersion')
  return version
}

function invalid(what: string, cause?: unknown): ApiError {
  const message = `the API server sent ${what}; look for a proxy between the operator and it`
  return new ApiError({ code: 'api_response_invalid', message, cause })
}

/**
 * Whether `version` is older than `than`. Versions of one collection are whole numbers that grow (KEP-5504). If one of the two
 * is not a whole number, the result is false.
 */
export function isOlderVersion(version: string, than: string): boolean {
  const numbers = /^\d+$/
  return numbers.test(version) && numbers.test(than) && BigInt(version) < BigInt(than)
}
