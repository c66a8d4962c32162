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

/** The functions that are called about a collection. They must return quickly and must not throw. */
export interface ReflectorHandlers<T> {
  readonly onChange: (change: ObjectChange<T>) => void
  /** Is called once, when the first list is complete. Before this call, all objects of the list are reported as added. */
  readonly onSynced: () => void
  /** Is called when there is a fault and its code differs from the code of the fault before. */
  readonly onFault: (fault: ReflectorFault) => void
  /** Is called when the watch is open again after a fault. */
  readonly onRecovery: () => void
}

export interface ReflectorOptions<T> {
  readonly api: Pick<ApiClient, 'list' | 'watch'>
  readonly resource: ApiResource
  /**
   * Turns an object into the value that the cache stores. It must not throw. For an object that it cannot read, it returns a
   * value that says so.
   */
  readonly read: ObjectReader<T>
  readonly clock: DatedClock
  /** Returns a random number that is at least 0 and less than 1. */
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

/** Does nothing. A variable for cancelling a timer has this value while no timer is set. */
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

/** Why a watch was opened again, or why a list was requested again. */
export type RestartReason = 'ended' | 'cutShort' | 'expired' | 'refused' | 'failed' | 'silent'

/** The objects of one collection, which are continually updated from the API server. */
export interface ResourceCache<T> {
  /** Whether the first list is complete. Once true, it stays true: during a fault, the known objects stay in the cache. */
  readonly synced: boolean
  readonly size: number
  /** All objects, in no particular order. */
  objects(): Iterable<T>
  /** Returns an object by its `namespace/name`. */
  get(key: string): T | undefined
  /** When data last arrived from the API server, on the clock. Undefined if no data has arrived yet. */
  readonly lastContactAt: number | undefined
  /** Why the collection cannot be watched now. Undefined if it can be watched. */
  readonly fault: ReflectorFault | undefined
  readonly restarts: Readonly<Record<RestartReason, number>>
  /** The number of events that watches have brought, without bookmarks. */
  readonly events: number
  /** The number of differences that full lists have found and corrected. It stays 0 as long as no event is lost. */
  readonly drift: number
}

/** A cache that follows the API server. It is empty until `start` is called. */
export interface Reflector<T> extends ResourceCache<T> {
  /**
   * Starts to follow the collection. It may be called only once. After every fault the reflector tries again, until `stop` ends
   * it.
   */
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
  /** Undefined before the start. Nothing happens until then. */
  #handlers: ReflectorHandlers<T> | undefined
  #state: ReflectorState = 'waitingToList'
  /** The version of the collection that the store has. */
  #resourceVersion = ''
  /** Aborts the request in progress. Data that arrives from an aborted request is ignored. */
  #attempt = new AbortController()
  #error: unknown
  #openedAt: number | undefined
  #delay = 0
  /** Cancels the timer of the back-off, or the timer that checks for silence. */
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

  /** Gives the result of a request to the state machine. The result of an aborted request is ignored. */
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
      // If there is no watch now, a full list is requested soon, and that list finds every difference.
      if (this.#state === 'watching') void this.#runAudit(this.#attempt.signal)
    })
  }

  /**
   * Runs an audit. An audit ends when its watch ends. Without the watch, nobody can tell a missed event from an event that has
   * not arrived yet.
   */
  async #runAudit(signal: AbortSignal): Promise<void> {
    const audit = driftAudit(this.#store, (change) => this.#handlers?.onChange(change))
    const known = this.#resourceVersion
    this.#audit = audit
    try {
      const version = await this.#pages(signal, (items) => audit.page(items))
      if (signal.aborted) return
      // If the version of the list is lower than the version of the watch, the API server was restored from a backup. It then
      // sends no event until its version is higher than that of the watch.
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
