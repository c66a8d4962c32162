import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { isOlderVersion, type WatchEvent } from '../api/api-object.ts'
import type { ApiResource } from '../api/api-resource.ts'
import { type Bounds, backOff, drawn } from './back-off.ts'
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

/** What is told of a collection. Handlers return at once and throw nothing. */
export interface ReflectorHandlers<T> {
  readonly onChange: (change: ObjectChange<T>) => void
  /** Once, when the first list is complete; its objects have been told as added. */
  readonly onSynced: () => void
  /** Each time the code of the fault becomes another one. */
  readonly onFault: (fault: ReflectorFault) => void
  /** The watch that had a fault is open again. */
  readonly onRecovery: () => void
}

export interface ReflectorOptions<T> {
  readonly api: Pick<ApiClient, 'list' | 'watch'>
  readonly resource: ApiResource
  /** Makes of an object what the cache keeps. Throws nothing: what it cannot read it keeps as such. */
  readonly read: ObjectReader<T>
  readonly clock: DatedClock
  /** 0 to 1, without 1. */
  readonly random: () => number
  readonly limits?: Partial<ReflectorLimits>
}

/** The limits of `limits.ts`, under names of their own so that a test can have shorter ones. */
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

/** What a timer's place holds while none is set. */
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

/** Why a watch had to be opened anew, or a list be asked for again. */
export type RestartReason = 'ended' | 'cutShort' | 'expired' | 'refused' | 'failed' | 'silent'

/** The objects of one collection, kept in step with the API server. */
export interface ResourceCache<T> {
  /** The first list is complete. It stays true: what is known is kept whatever happens. */
  readonly synced: boolean
  readonly size: number
  /** In no particular order. */
  objects(): Iterable<T>
  /** By `namespace/name`. */
  get(key: string): T | undefined
  /** When the API server was last heard of, on the clock; undefined before the first time. */
  readonly lastContactAt: number | undefined
  /** What keeps the collection from being watched now. */
  readonly fault: ReflectorFault | undefined
  readonly restarts: Readonly<Record<RestartReason, number>>
  /** Events of watches, without bookmarks. */
  readonly events: number
  /** Differences that full lists have found and put right: 0 unless events were lost. */
  readonly drift: number
}

/** A cache that is empty until it is started. */
export interface Reflector<T> extends ResourceCache<T> {
  /** Starts to keep the collection, once. It never gives up: only `stop` ends it. */
  start(handlers: ReflectorHandlers<T>): void
  /** Lets go of every request and timer. Nothing is told afterwards. */
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
  /** Undefined before the start: nothing happens until then. */
  #handlers: ReflectorHandlers<T> | undefined
  #state: ReflectorState = 'waitingToList'
  /** The version that the store is at. */
  #resourceVersion = ''
  /** Aborted when the request that it belongs to is let go; what that still brings is ignored. */
  #attempt = new AbortController()
  #error: unknown
  #openedAt: number | undefined
  #delay = 0
  /** Of the back-off, or of the guard against silence. */
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
    tell: () => this.#tell(reflectorFault(this.#options.resource, this.#error)),
    recover: () => this.#recover(),
  }

  #newAttempt(): AbortSignal {
    this.#attempt = new AbortController()
    return this.#attempt.signal
  }

  /** Everything that a request brings comes through here: once it is let go, it brings nothing more. */
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

  /** Every page of a list; resolves with its version. */
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
    const timeoutSeconds = Math.round(drawn(this.#limits.timeoutSeconds, random))
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
    if (event.type === 'BOOKMARK') {
      this.#resourceVersion = event.resourceVersion
      return
    }
    const { metadata } = event.object
    const key = keyOf(metadata)
    this.events++
    this.#audit?.touch(key)
    const changes = event.type === 'DELETED' ? this.#store.remove(key) : this.#store.put(event.object)
    this.#resourceVersion = metadata.resourceVersion
    for (const change of changes) this.#handlers?.onChange(change)
  }

  #contact(): void {
    this.lastContactAt = this.#options.clock.now()
  }

  #guard(): void {
    const { clock, random } = this.#options
    this.#openedAt = clock.now()
    const limit = drawn(this.#limits.silenceMilliseconds, random)
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

  #tell(fault: ReflectorFault): void {
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
    this.#cancelAudit = clock.after(drawn(this.#limits.auditMilliseconds, random), () => {
      this.#planAudit()
      // Without a watch the next list is near, and finds everything.
      if (this.#state === 'watching') void this.#runAudit(this.#attempt.signal)
    })
  }

  /** The audit belongs to a watch: where that is let go, what it has missed cannot be told from what it would yet tell. */
  async #runAudit(signal: AbortSignal): Promise<void> {
    const audit = driftAudit(this.#store, (change) => this.#handlers?.onChange(change))
    const known = this.#resourceVersion
    this.#audit = audit
    try {
      const version = await this.#pages(signal, (items) => audit.page(items))
      if (signal.aborted) return
      // The API server has been restored from a backup: it will send nothing until it is past the version of the watch.
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
