/**
 * Writes Events (events.k8s.io/v1) about objects, which `kubectl describe` shows. The first occurrence is written as an Event.
 * Further occurrences are counted in its series. The number of Events for each object is limited. If an Event cannot be
 * written, nothing else in the program is affected.
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

/** The object that an Event is about. */
export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** The content of an Event. `reason` and `action` are words in upper camel case. `note` says how to repair the fault. */
export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly action: string
  readonly note: string
}

export interface EventSeries {
  /** The number of all occurrences. The first one is included. */
  readonly count: number
  /** A time in RFC 3339 form with microseconds. */
  readonly lastObservedTime: string
}

/** An Event in the form in which it is sent to the API server. */
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

/**
 * What has become of an occurrence: an Event was created, the occurrence was counted in a series, it was left out because of
 * the limit, or the write failed.
 */
export type EventResult = 'created' | 'counted' | 'suppressed' | 'failed'

export interface EventRecorderOptions {
  readonly api: EventApi
  /** The name of the controller, `sipdispatch.dev/operator`. */
  readonly controller: string
  /** The name of the pod; at most 128 characters. */
  readonly instance: string
  readonly clock: DatedClock
  /** Returns some lower-case hexadecimal characters for the end of an Event's name. Each call returns different characters. */
  readonly newId: () => string
  readonly onResult: (result: EventResult) => void
  /** Is called with the code `event-write-failed` when an Event could not be written. */
  readonly onFault: (code: string, message: string) => void
}

export interface EventRecorder {
  record(regarding: Regarding, text: EventText): void
  /**
   * Writes all pending Events, and all counts that are not stored yet. This takes at most `limit` milliseconds. Occurrences
   * after this call are ignored.
   */
  close(limit: number): Promise<void>
}

interface Series {
  event: EventObject
  count: number
  /** The count that the API server has stored. */
  writtenCount: number
  writtenAt: number
  /** The time of the last occurrence, in milliseconds since 1970. */
  lastAt: number
  /** Cancels the timer that writes the count. Undefined if no timer is set. */
  cancel: (() => void) | undefined
}

/** Makes a recorder. A process needs only one. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #clock: DatedClock
  /** All series. The least recently used series comes first. */
  readonly #series = new Map<string, Series>()
  /** The token bucket of each object; the key is the uid. The least recently used bucket comes first. */
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

  /**
   * Counts a repeat. If the count was not written in the last period, it is written immediately. Otherwise it is written at the
   * end of the period.
   */
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
   * Writes the count of a series. The API server deletes an Event after an hour. If the Event of the series is gone, the series
   * starts again with a new Event.
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

  /** Makes the writes one after the other. So the count of a series always arrives after its Event. */
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

/** Removes the first key if the map has more than MAX_EVENT_SERIES keys. The first key is the least recently used one. */
function dropOldest<V>(map: Map<string, V>, onDrop?: (value: V) => void): void {
  if (map.size <= MAX_EVENT_SERIES) return
  for (const [key, value] of map) {
    map.delete(key)
    onDrop?.(value)
    return
  }
}
