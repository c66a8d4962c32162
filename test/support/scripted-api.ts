import type { ApiClient, ListOptions, WatchOptions } from '../../operator/api/api-client.ts'
import type { ApiObject, ApiObjectPage, WatchEvent } from '../../operator/api/api-object.ts'
import type { ApiResource } from '../../operator/api/api-resource.ts'

/** A requested list that waits for its answer. */
export interface AskedList {
  readonly resource: ApiResource
  readonly options: ListOptions
  answer(page: ApiObjectPage): Promise<void>
  fail(error: unknown): Promise<void>
}

/** A requested watch; `open` accepts it. */
export interface AskedWatch {
  readonly resource: ApiResource
  readonly options: WatchOptions
  open(): Promise<void>
  send(...events: WatchEvent[]): Promise<void>
  end(): Promise<void>
  fail(error: unknown): Promise<void>
}

/** An API server whose answers are all written by the test. */
export interface ScriptedApi extends Pick<ApiClient, 'list' | 'watch'> {
  readonly lists: AskedList[]
  readonly watches: AskedWatch[]
  /** The list and the watch that were requested last; each throws where there is none. */
  lastList(): AskedList
  lastWatch(): AskedWatch
}

export function scriptedApi(): ScriptedApi {
  const lists: AskedList[] = []
  const watches: AskedWatch[] = []
  const last = <A>(asked: readonly A[]): A => {
    const request = asked.at(-1)
    if (request === undefined) throw new Error('nothing has been asked for')
    return request
  }
  return {
    ...{ lists, watches },
    list: (resource, options) => {
      const { promise, resolve, reject } = Promise.withResolvers<ApiObjectPage>()
      options.signal.addEventListener('abort', () => reject(options.signal.reason))
      lists.push({
        ...{ resource, options },
        answer: (page) => done(() => resolve(page)),
        fail: (error) => done(() => reject(error)),
      })
      return promise
    },
    watch: (resource, options) => {
      const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<WatchEvent>>()
      watches.push(askedWatch({ resource, options }, { resolve, reject }))
      return promise
    },
    lastList: () => last(lists),
    lastWatch: () => last(watches),
  }
}

interface Acceptance {
  resolve(events: AsyncIterable<WatchEvent>): void
  reject(error: unknown): void
}

/** The next part of a watch, in order: an event, an error, or its end. */
type Part = { readonly event: WatchEvent } | { readonly error: unknown } | 'end'

function askedWatch(request: Pick<AskedWatch, 'resource' | 'options'>, acceptance: Acceptance): AskedWatch {
  const parts: Part[] = []
  let wake: () => void = () => undefined
  const give = (...given: Part[]) =>
    done(() => {
      parts.push(...given)
      wake()
    })
  async function* events(): AsyncGenerator<WatchEvent> {
    while (true) {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if (part === 'end') return
        if ('error' in part) throw part.error
        request.options.onContact()
        yield part.event
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  }
  let accepted = false
  const fail = (error: unknown) => (accepted ? give({ error }) : done(() => acceptance.reject(error)))
  request.options.signal.addEventListener('abort', () => void fail(request.options.signal.reason))
  return {
    ...request,
    open: () => {
      accepted = true
      return done(() => acceptance.resolve(events()))
    },
    send: (...sent) => give(...sent.map((event) => ({ event }))),
    end: () => give('end'),
    fail,
  }
}

/** Runs an action and everything that follows from it. */
function done(act: () => void): Promise<void> {
  act()
  return new Promise((resolve) => setImmediate(resolve))
}

/** An object with only the fields that identify it. */
export function namedObject(
  name: string,
  version: string,
  rest: { uid?: string; [field: string]: unknown } = {},
): ApiObject {
  const { uid = `uid-${name}`, ...fields } = rest
  return { ...fields, metadata: { name, namespace: 'team-a', uid, resourceVersion: version } }
}
