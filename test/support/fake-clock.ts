import type { Clock, Timer } from '../../ingress/time/clock.ts'

interface FakeTimer extends Timer {
  deadline: number
  readonly run: () => void
}

/** A clock that stands still until it is advanced. Timers fire at exactly their deadline, then in the order they were set. */
export class FakeClock implements Clock {
  #now = 0
  /** Sorted by deadline, then by insertion. */
  readonly #timers: FakeTimer[] = []

  now(): number {
    return this.#now
  }

  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer {
    const timer = { deadline: 0, run: () => fire(subject) }
    this.restart(timer, delayMs)
    return timer
  }

  restart(timer: Timer, delayMs: number): void {
    this.cancel(timer)
    const set = timer as FakeTimer
    set.deadline = this.#now + Math.max(delayMs, 0)
    const at = this.#timers.findLastIndex((other) => other.deadline <= set.deadline)
    this.#timers.splice(at + 1, 0, set)
  }

  cancel(timer: Timer): void {
    const at = this.#timers.indexOf(timer as FakeTimer)
    if (at >= 0) this.#timers.splice(at, 1)
  }

  /** Number of pending timers. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets `ms` milliseconds pass; inside a callback `now()` is the deadline of its timer. An exception of a callback is passed on. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#timers[0]; next !== undefined && next.deadline <= end; next = this.#timers[0]) {
      this.#timers.shift()
      this.#now = next.deadline
      next.run()
    }
    this.#now = end
  }
}
