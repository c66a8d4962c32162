import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { type ApiObject, isOlderVersion, type WatchEvent } from '../api/api-object.ts'
import type { ApiResource } from '../api/api-resource.ts'
import { type Bounds, backOff, randomBetween } from './back-off.ts'
import { type DriftAudit, driftAudit } from './drift-audit.ts'
import {
  DRIFT_AUDIT_MS,
  DRIFT_GRACE_MS,
  LIST_PAGE_OBJECTS,
  WATCH_BACK_OFF_MS,
  WATCH_BRIEF_MS,
  WATCH_HEALTHY_MS,
  WATCH_SILENCE_MS,
  WATCH_TIMEOUT_SECONDS,
} from './limits.ts'
import { faultInput, type ReflectorFault, reflectorFault } from './reflector-fault.ts'
import { keyOf, type ObjectChange, type ObjectReader, reflectorStore, type StoredObject } from './reflector-store.ts'
import { REFLECTOR_TABLE, type ReflectorEffect, type ReflectorInput, type ReflectorState } from './reflector-table.ts'

/** The functions that are called about a collection. They return quickly and do not throw. */
export interface ReflectorHandlers<T> {
  readonly onChange: (change: ObjectChange<T>) => void
  /** Called once, when the first list is complete. All objects of the list have been reported as added before this call. */
  readonly onSynced: () => void
  /** Called each time the code of the fault changes. */
  readonly onFault: (fault: ReflectorFault) => void
  /** Called when the watch is open again after a fault. */
  readonly onRecovery: () => void
}

export interface ReflectorOptions<T> {
  readonly api: Pick<ApiClient, 'list' | 'watch'>
  readonly resource: ApiResource
  /**
   * Turns an object into the value that the cache keeps. Does not throw. If it cannot read an object, it returns a value that
   * says so.
   */
  readonly read: ObjectReader<T>
  readonly clock: DatedClock
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number
  readonly limits?: Partial<ReflectorLimits>
}

/** The limits of `limits.ts` as options, so that a test can set shorter ones. */
export interface ReflectorLimits {
  readonly pageObjects: number
  readonly timeoutSeconds: Bounds
  readonly silenceMilliseconds: Bounds
  readonly briefMilliseconds: number
  readonly backOffMilliseconds: Bounds
  readonly healthyMilliseconds: number
  readonly auditMilliseconds: Bounds
  readonly graceMilliseconds: number
}

/** Does nothing. This is the initial value of a timer's cancel function. */
const nothing = () => undefined

const LIMITS: ReflectorLimits = {
  pageObjects: LIST_PAGE_OBJECTS,
  timeoutSeconds: WATCH_TIMEOUT_SECONDS,
  silenceMilliseconds: WATCH_SILENCE_MS,
  briefMilliseconds: WATCH_BRIEF_MS,
  backOffMilliseconds: WATCH_BACK_OFF_MS,
  healthyMilliseconds: WATCH_HEALTHY_MS,
  auditMilliseconds: DRIFT_AUDIT_MS,
  graceMilliseconds: DRIFT_GRACE_MS,
}

/** The reason why a watch was opened again, or a list was requested again. */
export type RestartReason = 'ended' | 'cutShort' | 'expired' | 'refused' | 'failed' | 'silent'

/** The objects of one collection, kept up to date with the API server. */
export interface ResourceCache<T> {
  /** Whether the first list is complete. Once true, it stays true: the known objects are kept during every fault. */
  readonly synced: boolean
  readonly size: number
  /** All objects, in no particular order. */
  objects(): Iterable<T>
  /** Finds an object by `namespace/name`. */
  get(key: string): T | undefined
  /** The time on the clock at which something last arrived from the API server. Undefined if nothing has arrived yet. */
  readonly lastContactAt: number | undefined
  /** The reason why the collection cannot be watched now. Undefined if it can be watched. */
  readonly fault: ReflectorFault | undefined
  readonly restarts: Readonly<Record<RestartReason, number>>
  /** The number of events of watches, without bookmarks. */
  readonly events: number
  /** The number of differences that full lists have found and corrected. It is 0 unless events were lost. */
  readonly drift: number
}

/** A cache that is empty until it is started. */
export interface Reflector<T> extends ResourceCache<T> {
  /** Starts to follow the collection. To be called once. Only `stop` ends the reflector; after every fault it retries. */
  start(handlers: ReflectorHandlers<T>): void
  /** Aborts every request and timer. No handler is called afterwards. */
  stop(): void
}

export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  return new CollectionReflector(options)
}

class CollectionReflector<T> implements Reflector<T> {
  readonly restarts = { ended: 0, cutShort: 0, expired: 0, refused: 0, failed: 0, silent: 0 }
  synced = false
  lastContactAt: number | undefined
  fault: ReflectorFault | undefined
  events = 0
  drift = 0
  readonly #options: ReflectorOptions<T>
  readonly #limits: ReflectorLimits
  readonly #store
  /** Undefined before the start, because nothing happens until then. */
  #handlers: ReflectorHandlers<T> | undefined
  #state: ReflectorState = 'waitingToList'
  /** The version of the collection that the store has. */
  #resourceVersion = ''
  /** Aborts the request in progress. Data that arrives from an aborted request is ignored. */
  #attempt = new AbortController()
  #error: unknown
  #openedAt: number | undefined
  #delay = 0
  /** Cancels the timer of the back-off, or of the guard against silence. */
  #cancelTimer: () => void = nothing
  #cancelAudit: () => void = nothing
  #cancelRepair: () => void = nothing
  #audit: DriftAudit | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#store = reflectorStore(options.read)
  }

  start(handlers: ReflectorHandlers<T>): void {
    this.#handlers = handlers
    this.#planAudit()
    this.#input('due')
  }

  stop(): void {
    this.#input('stop')
    this.#cancelAudit()
  }

  get size(): number {
    return this.#store.size
  }

  *objects(): Iterable<T> {
    for (const [, { value }] of this.#store.entries()) yield value
  }

  get(key: string): T | undefined {
    return this.#store.get(key)?.value
  }

  #input(input: ReflectorInput): void {
    const transition = REFLECTOR_TABLE[this.#state][input]
    if (transition === undefined) return
    const restart = restartReason(input)
    if (restart !== undefined) this.restarts[restart]++
    this.#state = transition.to
    for (const effect of transition.effects) this.#effects[effect]()
  }

  readonly #effects: Readonly<Record<ReflectorEffect, () => void>> = {
    list: () => void this.#list(this.#newAttempt()),
    watch: () => void this.#watch(this.#newAttempt()),
    guard: () => this.#guard(),
    wait: () => this.#wait(),
    rest: () => this.#rest(),
    report: () => this.#report(reflectorFault(this.#options.resource, this.#error)),
    recover: () => this.#recover(),
  }

  #newAttempt(): AbortSignal {
    this.#attempt = new AbortController()
    return this.#attempt.signal
  }

  /** Passes an input from a request to the state machine, unless the request was aborted. */
  #inputOf(signal: AbortSignal, input: ReflectorInput, error?: unknown): void {
    if (signal.aborted) return
    this.#error = error
    this.#input(input)
  }

  async #list(signal: AbortSignal): Promise<void> {
    const objects = new Map<string, StoredObject<T>>()
    try {
      const resourceVersion = await this.#pages(signal, (items) => this.#store.page(items, objects))
      signal.throwIfAborted()
      this.#resourceVersion = resourceVersion
      for (const change of this.#store.replace(objects)) this.#handlers?.onChange(change)
      if (!this.synced) {
        this.synced = true
        this.#handlers?.onSynced()
      }
      this.#inputOf(signal, 'listed')
    } catch (error) {
      this.#inputOf(signal, faultInput(error), error)
    }
  }

  /** Requests every page of a list. Resolves with the version of the list. */
  async #pages(signal: AbortSignal, onPage: DriftAudit['page']): Promise<string> {
    const { api, resource } = this.#options
    let continueToken = ''
    while (true) {
      const page = await api.list(resource, { limit: this.#limits.pageObjects, continueToken, signal })
      this.#contact()
      onPage(page.items)
      continueToken = page.continueToken
      if (continueToken === '') return page.resourceVersion
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, resource, random, clock } = this.#options
    const timeoutSeconds = Math.round(randomBetween(this.#limits.timeoutSeconds, random))
    const askedAt = clock.now()
    try {
      const from = { resourceVersion: this.#resourceVersion, timeoutSeconds }
      const events = await api.watch(resource, { ...from, signal, onContact: () => this.#contact() })
      this.#contact()
      this.#inputOf(signal, 'opened')
      for await (const event of events) {
        if (signal.aborted) return
        this.#take(event)
      }
      const brief = clock.now() - askedAt < this.#limits.briefMilliseconds
      this.#inputOf(signal, brief ? 'cutShort' : 'ended')
    } catch (error) {
      this.#inputOf(signal, faultInput(error), error)
    }
  }

  #take(event: WatchEvent): void {
    switch (event.type) {
      case 'BOOKMARK':
        this.#resourceVersion = event.resourceVersion
        return
      case 'ADDED':
      case 'MODIFIED':
        return this.#change(event.object, () => this.#store.put(event.object))
      case 'DELETED':
        return this.#change(event.object, (key) => this.#store.remove(key))
    }
  }

  #change({ metadata }: ApiObject, store: (key: string) => ObjectChange<T>[]): void {
    const key = keyOf(metadata)
    this.events++
    this.#audit?.touch(key)
    const changes = store(key)
    this.#resourceVersion = metadata.resourceVersion
    for (const change of changes) this.#handlers?.onChange(change)
  }

  #contact(): void {
    this.lastContactAt = this.#options.clock.now()
  }

  #guard(): void {
    const { clock, random } = this.#options
    this.#openedAt = clock.now()
    const limit = randomBetween(this.#limits.silenceMilliseconds, random)
    const look = () => {
      const rest = limit - (clock.now() - (this.lastContactAt ?? 0))
      if (rest <= 0) this.#input('silent')
      else this.#cancelTimer = clock.after(rest, look)
    }
    look()
  }

  #wait(): void {
    const { clock, random } = this.#options
    this.#delay = backOff(this.#delay, this.#limits.backOffMilliseconds, random)
    const asked = retryAfter(this.#error)
    this.#cancelTimer = clock.after(Math.max(this.#delay, asked), () => this.#input('due'))
  }

  #rest(): void {
    const now = this.#options.clock.now()
    if (now - (this.#openedAt ?? now) >= this.#limits.healthyMilliseconds) this.#delay = 0
    this.#openedAt = undefined
    this.#cancelTimer()
    this.#cancelRepair()
    this.#audit = undefined
    this.#attempt.abort()
  }

  #report(fault: ReflectorFault): void {
    const before = this.fault?.code
    this.fault = fault
    if (fault.code !== before) this.#handlers?.onFault(fault)
  }

  #recover(): void {
    if (this.fault === undefined) return
    this.fault = undefined
    this.#handlers?.onRecovery()
  }

  #planAudit(): void {
    const { clock, random } = this.#options
    this.#cancelAudit = clock.after(randomBetween(this.#limits.auditMilliseconds, random), () => {
      this.#planAudit()
      // Without a watch, a full list follows soon and finds every difference.
      if (this.#state === 'watching') void this.#runAudit(this.#attempt.signal)
    })
  }

  /**
   * Runs an audit. An audit ends with its watch, because after the end a missed event looks the same as an event that has not
   * arrived yet.
   */
  async #runAudit(signal: AbortSignal): Promise<void> {
    const audit = driftAudit(this.#store, (change) => this.#handlers?.onChange(change))
    const known = this.#resourceVersion
    this.#audit = audit
    try {
      const version = await this.#pages(signal, (items) => audit.page(items))
      if (signal.aborted) return
      // The API server was restored from a backup. It sends no event until its version is higher than the version of the watch.
      if (isOlderVersion(version, known)) this.#inputOf(signal, 'expired')
      else if (audit.suspects() > 0) this.#repairLater(audit)
    } catch (error) {
      if (!signal.aborted) this.#handlers?.onFault(reflectorFault(this.#options.resource, error))
    }
  }

  #repairLater(audit: DriftAudit): void {
    this.#cancelRepair = this.#options.clock.after(this.#limits.graceMilliseconds, () => {
      this.drift += audit.repair()
    })
  }
}

const RESTARTS: readonly RestartReason[] = ['ended', 'cutShort', 'expired', 'refused', 'failed', 'silent']

function restartReason(input: ReflectorInput): RestartReason | undefined {
  return RESTARTS.find((reason) => reason === input)
}

function retryAfter(error: unknown): number {
  return (error instanceof ApiError ? error.retryAfterMilliseconds : undefined) ?? 0
}
