/**
 * Events (events.k8s.io/v1) about objects, as `kubectl describe` shows them. The first occurrence is written as an Event, and its
 * repeats are counted in a series. The number of Events for each object is limited. If an Event cannot be written, the work that
 * the Event reports goes on.
 */

import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { ApiError } from '../api/api-error.ts'
import { microTime } from './kubernetes-time.ts'
import {
  EVENT_BURST,
  EVENT_SERIES_PERIOD_MS,
  EVENT_WRITE_TIMEOUT_MS,
  EVENTS_PER_SECOND,
  MAX_EVENT_SERIES,
  MAX_NOTE_LENGTH,
  MAX_OBJECT_NAME_LENGTH,
  MAX_WAITING_EVENTS,
} from './limits.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** The object that an event is about. */
export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** The content of an Event. `reason` and `action` are words in upper camel case. `note` explains how to correct the problem. */
export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly action: string
  readonly note: string
}

export interface EventSeries {
  /** The number of all occurrences, including the first one. */
  readonly count: number
  /** RFC 3339 with microseconds. */
  readonly lastObservedTime: string
}

/** An Event in the form in which it is written. */
export interface EventObject extends EventText {
  readonly apiVersion: 'events.k8s.io/v1'
  readonly kind: 'Event'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly eventTime: string
  readonly reportingController: string
  readonly reportingInstance: string
  readonly regarding: Regarding
}

/** The requests about Events. They reject with an ApiError. */
export interface EventApi {
  create(event: EventObject, signal: AbortSignal): Promise<void>
  patchSeries(event: EventObject, series: EventSeries, signal: AbortSignal): Promise<void>
}

/** The result of an occurrence: written, counted in a series, or dropped. */
export type EventResult = 'created' | 'counted' | 'suppressed' | 'failed'

export interface EventRecorderOptions {
  readonly api: EventApi
  /** The name of the controller, `sipdispatch.dev/operator`. */
  readonly controller: string
  /** The name of the pod; at most 128 characters. */
  readonly instance: string
  readonly clock: DatedClock
  /** Returns the end of an Event's name: some lower-case hexadecimal characters. Each call returns different characters. */
  readonly newId: () => string
  readonly onResult: (result: EventResult) => void
  /** Called with the code `event-write-failed` when an Event could not be written. */
  readonly onFault: (code: string, message: string) => void
}

export interface EventRecorder {
  record(regarding: Regarding, text: EventText): void
  /** Writes the pending Events and counts. Takes at most `limit` milliseconds. Later occurrences are ignored. */
  close(limit: number): Promise<void>
}

interface Series {
  event: EventObject
  count: number
  /** The count that is stored in the API server. */
  writtenCount: number
  writtenAt: number
  /** Milliseconds since 1970. */
  lastAt: number
  /** Cancels the timer that writes the count; undefined if no timer is set. */
  cancel: (() => void) | undefined
}

/** A recorder for one process. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #clock: DatedClock
  /** The series; the least recently used one comes first. */
  readonly #series = new Map<string, Series>()
  /** The token bucket of each object, by uid; the least recently used one comes first. */
  readonly #budgets = new Map<string, TokenBucket>()
  #waiting = 0
  #writes: Promise<void> = Promise.resolve()
  #closed = false
  /** Aborts the pending writes when the time for closing is over. */
  readonly #stop = new AbortController()

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  record(regarding: Regarding, text: EventText): void {
    if (this.#closed) return
    const key = [regarding.uid, text.type, text.reason, text.action].join(' ')
    const series = this.#series.get(key)
    if (series) {
      this.#touch(key, series)
      this.#repeat(series)
      return
    }
    if (!this.#budget(regarding.uid).take()) {
      this.#options.onResult('suppressed')
      return
    }
    this.#start(key, this.#event(regarding, text))
  }

  async close(limit: number): Promise<void> {
    this.#closed = true
    for (const series of this.#series.values()) {
      series.cancel?.()
      if (series.count > series.writtenCount) this.#writeCount(series)
    }
    const cancel = this.#clock.after(limit, () => this.#stop.abort())
    await this.#writes
    cancel()
  }

  #start(key: string, event: EventObject): void {
    const lastAt = this.#clock.wallClock()
    const series: Series = { event, count: 1, writtenCount: 1, writtenAt: -Infinity, lastAt, cancel: undefined }
    this.#touch(key, series)
    this.#write(
      (signal) => this.#options.api.create(event, signal),
      'created',
      () => this.#series.delete(key),
    )
  }

  /** The first repeat is written immediately, later repeats once in a period. */
  #repeat(series: Series): void {
    series.count++
    series.lastAt = this.#clock.wallClock()
    if (series.cancel) {
      this.#options.onResult('counted')
      return
    }
    const left = series.writtenAt + EVENT_SERIES_PERIOD_MS - this.#clock.now()
    if (left <= 0) {
      this.#writeCount(series)
      return
    }
    this.#options.onResult('counted')
    series.cancel = this.#clock.after(left, () => {
      series.cancel = undefined
      this.#writeCount(series)
    })
  }

  #writeCount(series: Series): void {
    const { event, count } = series
    series.writtenAt = this.#clock.now()
    series.writtenCount = count
    const update = { count, lastObservedTime: microTime(series.lastAt) }
    this.#write((signal) => this.#patchOrCreate(series, event, update, signal), 'counted')
  }

  /**
   * The API server deletes an Event after an hour. If the API server has deleted the Event of a series, the series starts again
   * with a new Event.
   */
  async #patchOrCreate(series: Series, event: EventObject, update: EventSeries, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.api.patchSeries(event, update, signal)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error
      const created = this.#event(event.regarding, event)
      series.event = created
      series.count = series.count - update.count + 1
      series.writtenCount = 1
      await this.#options.api.create(created, signal)
    }
  }

  /** Writes one after the other, so that the count of a series never arrives before its Event. */
  #write(request: (signal: AbortSignal) => Promise<void>, result: EventResult, onFailure?: () => void): void {
    if (this.#waiting >= MAX_WAITING_EVENTS) {
      this.#options.onResult('failed')
      onFailure?.()
      return
    }
    this.#waiting++
    this.#writes = this.#inTurn(this.#writes, request, result, onFailure)
  }

  async #inTurn(
    before: Promise<void>,
    request: (signal: AbortSignal) => Promise<void>,
    result: EventResult,
    onFailure?: () => void,
  ): Promise<void> {
    await before
    const abort = new AbortController()
    const cancel = this.#clock.after(EVENT_WRITE_TIMEOUT_MS, () => abort.abort())
    try {
      await request(AbortSignal.any([abort.signal, this.#stop.signal]))
      this.#options.onResult(result)
    } catch (error) {
      this.#options.onResult('failed')
      this.#options.onFault('event-write-failed', errorText(error))
      onFailure?.()
    } finally {
      cancel()
      this.#waiting--
    }
  }

  #event(regarding: Regarding, { type, reason, action, note }: EventText): EventObject {
    const id = this.#options.newId()
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        name: `${regarding.name.slice(0, MAX_OBJECT_NAME_LENGTH - id.length - 1)}.${id}`,
        namespace: regarding.namespace,
      },
      eventTime: microTime(this.#clock.wallClock()),
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance,
      regarding,
      type,
      reason,
      action,
      note: note.length <= MAX_NOTE_LENGTH ? note : `${note.slice(0, MAX_NOTE_LENGTH - 1)}…`,
    }
  }

  #touch(key: string, series: Series): void {
    this.#series.delete(key)
    this.#series.set(key, series)
    dropOldest(this.#series, ({ cancel }) => cancel?.())
  }

  #budget(uid: string): TokenBucket {
    const limits = { ratePerSecond: EVENTS_PER_SECOND, burst: EVENT_BURST }
    const bucket = this.#budgets.get(uid) ?? createTokenBucket(limits, () => this.#clock.now())
    this.#budgets.delete(uid)
    this.#budgets.set(uid, bucket)
    dropOldest(this.#budgets)
    return bucket
  }
}

/** Removes the first key of a map that has more than MAX_EVENT_SERIES keys. The first key is the least recently used one. */
function dropOldest<V>(map: Map<string, V>, onDrop?: (value: V) => void): void {
  if (map.size <= MAX_EVENT_SERIES) return
  for (const [key, value] of map) {
    map.delete(key)
    onDrop?.(value)
    return
  }
}
