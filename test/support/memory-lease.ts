import { ApiError } from '../../operator/api/api-error.ts'
import type { LeaseApi, LeaseRecord, StoredLease } from '../../operator/kubernetes-writes/lease.ts'

/** A Lease that several candidates share, as the API server keeps it: an update of an old version is refused. */
export class MemoryLease {
  stored: StoredLease | undefined
  /** Whether an update of an absent Lease creates it, as API servers do for this resource; otherwise the update fails. */
  createsOnUpdate = true
  #version = 0

  /** The requests of one candidate, over a link that the test can cut or block. */
  link(): LeaseLink {
    return new LeaseLink(this)
  }

  write(record: LeaseRecord): StoredLease {
    this.#version++
    this.stored = { record, resourceVersion: String(this.#version) }
    return this.stored
  }
}

export class LeaseLink implements LeaseApi {
  /** `cut`: requests fail. `blocked`: they get no answer. `late`: they are carried out, but answered only by `answerLate`. */
  mode: 'open' | 'cut' | 'blocked' | 'late' = 'open'
  /** The requests so far: `get`, `create` or `update`. */
  readonly requests: string[] = []
  readonly #lease: MemoryLease
  readonly #late: (() => void)[] = []

  constructor(lease: MemoryLease) {
    this.#lease = lease
  }

  get(signal: AbortSignal): Promise<StoredLease | undefined> {
    return this.#ask('get', signal, () => this.#lease.stored)
  }

  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    return this.#ask('create', signal, () => {
      if (this.#lease.stored) throw new ApiError({ code: 'api_already_exists', status: 409, message: 'it exists' })
      return this.#lease.write(record)
    })
  }

  update({ record, resourceVersion }: StoredLease, signal: AbortSignal): Promise<StoredLease> {
    return this.#ask('update', signal, () => {
      const { stored, createsOnUpdate } = this.#lease
      if (stored?.resourceVersion === resourceVersion || (!stored && createsOnUpdate)) return this.#lease.write(record)
      if (!stored) throw new ApiError({ code: 'api_not_found', status: 404, message: 'it is gone' })
      throw new ApiError({ code: 'api_conflict', status: 409, message: 'it was changed' })
    })
  }

  answerLate(): void {
    for (const answer of this.#late.splice(0)) answer()
  }

  async #ask<T>(request: string, signal: AbortSignal, carryOut: () => T): Promise<T> {
    this.requests.push(request)
    await Promise.resolve()
    if (this.mode === 'cut')
      throw new ApiError({ code: 'api_unreachable', message: 'the API server cannot be reached' })
    if (this.mode === 'open') return carryOut()
    if (this.mode === 'blocked') return await until(signal)
    const answer = carryOut()
    return await new Promise((resolve) => this.#late.push(() => resolve(answer)))
  }
}

function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
