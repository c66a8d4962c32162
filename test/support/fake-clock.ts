import type { Clock, Timer } from '../../ingress/time/clock.ts'

interface Waiting {
  readonly timer: Timer
  readonly run: () => void
}

/** A clock that stands still until it is advanced. Timers fire at exactly their deadline, then in the order they were set. */
export class FakeClock implements Clock {
  #now = 0
  /** Sorted by deadline, then by insertion. */
  readonly #timers: Waiting[] = []

  now(): number {
    return this.#now
  }

  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer {
    const timer = { deadline: this.#now + Math.max(delayMs, 0) }
    const at = this.#timers.findLastIndex((other) => other.timer.deadline <= timer.deadline)
    this.#timers.splice(at + 1, 0, { timer, run: () => fire(subject) })
    return timer
  }

  cancel(timer: Timer): void {
    const at = this.#timers.findIndex((waiting) => waiting.timer === timer)
    if (at >= 0) this.#timers.splice(at, 1)
  }

  /** Number of pending timers. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets `ms` milliseconds pass; inside a callback `now()` is the deadline of its timer. An exception of a callback is passed on. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#timers[0]; next !== undefined && next.timer.deadline <= end; next = this.#timers[0]) {
      this.#timers.shift()
      this.#now = next.timer.deadline
      next.run()
    }
    this.#now = end
  }
}
