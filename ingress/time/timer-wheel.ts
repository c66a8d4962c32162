import type { Clock, Timer } from './clock.ts'
import { TIMER_WHEEL_SLOTS, TIMER_WHEEL_TICK_MS } from './limits.ts'

/** What a wheel needs from its host: the time, and one timer that the wheel sets again and again. */
export interface TimerHost {
  /** Milliseconds, monotonic. */
  now(): number
  /** Calls `fire` once, after `delayMs` or a little later. The returned function cancels the call. */
  setTimer(delayMs: number, fire: () => void): () => void
}

interface TimerWheelOptions {
  /**
   * Called with an exception that a timer's callback threw. The other timers fire as usual. If `onError` throws too, the
   * remaining timers fire at the next wake-up.
   */
  readonly onError: (error: unknown) => void
}

export interface TimerWheel extends Clock {
  /** Number of pending timers: those that have not fired and were not cancelled. */
  readonly pending: number
}

/**
 * A clock for hundreds of thousands of timers that uses one timer of the host. It is a hashed wheel of intrusive lists, so
 * that to set or cancel a timer costs the same, however many timers are pending. A timer never fires early, and at most one
 * tick (`TIMER_WHEEL_TICK_MS`) after the host wakes us. Timers of the same tick fire in the order in which they were set.
 * Delays are finite. A negative delay counts as 0.
 */
export function createTimerWheel(host: TimerHost, options: TimerWheelOptions): TimerWheel {
  return new Wheel(host, options.onError)
}

/** One place in a list. A list is a ring that includes its head. So a timer can be removed without knowing its list. */
class Link {
  previous: Link = this
  next: Link = this
  /** The tick at which the timer is due. In the head of a list, the value has no meaning. */
  dueTick = 0

  unlink(): void {
    this.previous.next = this.next
    this.next.previous = this.previous
    this.previous = this
    this.next = this
  }

  /** Called on the head of a list. Puts an unlinked timer at the end of the list. */
  append(entry: Link): void {
    entry.previous = this.previous
    entry.next = this
    this.previous.next = entry
    this.previous = entry
  }

  fire(): void {
    // Does nothing in the head of a list. Only timers fire.
  }
}

class Entry<T> extends Link implements Timer {
  deadline = 0
  readonly #fire: (subject: T) => void
  readonly #subject: T

  constructor(fire: (subject: T) => void, subject: T) {
    super()
    this.#fire = fire
    this.#subject = subject
  }

  override fire(): void {
    this.#fire(this.#subject)
  }
}

class Wheel implements TimerWheel {
  pending = 0
  readonly #host: TimerHost
  readonly #onError: (error: unknown) => void
  readonly #slots = Array.from({ length: TIMER_WHEEL_SLOTS }, () => new Link())
  readonly #due = new Link()
  /** The last tick whose timers were moved to the due list. */
  #tick: number
  #armedTick = Number.POSITIVE_INFINITY
  #disarm: (() => void) | undefined
  readonly #onWake = (): void => this.#wake()

  constructor(host: TimerHost, onError: (error: unknown) => void) {
    this.#host = host
    this.#onError = onError
    this.#tick = this.#currentTick()
  }

  now(): number {
    return this.#host.now()
  }

  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer {
    const entry = new Entry(fire, subject)
    this.#set(entry, delayMs)
    return entry
  }

  restart(timer: Timer, delayMs: number): void {
    if (!(timer instanceof Entry)) return
    this.cancel(timer)
    this.#set(timer, delayMs)
  }

  cancel(timer: Timer): void {
    if (!(timer instanceof Link) || timer.next === timer) return
    timer.unlink()
    // The host's timer stays set. A wake-up that finds nothing to do costs less than setting the host's timer again for
    // each call.
    this.pending -= 1
  }

  #set<T>(entry: Entry<T>, delayMs: number): void {
    const now = this.#host.now()
    // No timer is pending, so the ticks since the last wake-up are skipped.
    if (this.pending === 0) this.#tick = Math.floor(now / TIMER_WHEEL_TICK_MS)
    // A whole number, because V8 keeps a fraction in an object of its own.
    entry.deadline = Math.ceil(now + Math.max(delayMs, 0))
    entry.dueTick = Math.max(Math.ceil(entry.deadline / TIMER_WHEEL_TICK_MS), this.#tick + 1)
    this.#slot(entry.dueTick).append(entry)
    this.pending += 1
    if (entry.dueTick < this.#armedTick) this.#arm(entry.dueTick, now)
  }

  #currentTick(): number {
    return Math.floor(this.#host.now() / TIMER_WHEEL_TICK_MS)
  }

  #slot(tick: number): Link {
    // The low bits of a tick are always an index of the array. The type checker does not know this, so `??` is needed.
    return this.#slots[tick & (TIMER_WHEEL_SLOTS - 1)] ?? this.#due
  }

  #arm(tick: number, now: number): void {
    this.#disarm?.()
    this.#armedTick = tick
    this.#disarm = this.#host.setTimer(Math.max(tick * TIMER_WHEEL_TICK_MS - now, 0), this.#onWake)
  }

  #wake(): void {
    this.#disarm = undefined
    // A callback may set timers. They must not arm the host's timer here, because it is armed once below.
    this.#armedTick = Number.NEGATIVE_INFINITY
    try {
      this.#collect(this.#currentTick())
      this.#fireDue()
    } finally {
      this.#armedTick = Number.POSITIVE_INFINITY
      const next = this.#nextTick()
      if (next !== undefined) this.#arm(next, this.#host.now())
    }
  }

  /** Moves all timers that are due up to `tick` to the due list, oldest tick first. */
  #collect(tick: number): void {
    // After a sleep of more than one turn of the wheel, one turn visits every slot.
    const first = Math.max(this.#tick + 1, tick - TIMER_WHEEL_SLOTS + 1)
    for (let at = first; at <= tick; at += 1) {
      const head = this.#slot(at)
      let link = head.next
      while (link !== head) {
        const { next } = link
        if (link.dueTick <= tick) {
          link.unlink()
          this.#due.append(link)
        }
        link = next
      }
    }
    this.#tick = Math.max(this.#tick, tick)
  }

  /**
   * Fires the timers of the due list. A callback may cancel any of them. A callback may also set timers, which are due at
   * the next tick or later.
   */
  #fireDue(): void {
    for (let entry = this.#due.next; entry !== this.#due; entry = this.#due.next) {
      entry.unlink()
      this.pending -= 1
      try {
        entry.fire()
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  /**
   * The next tick that has a timer in its slot. This timer may be due in a later turn of the wheel. Undefined if no timer
   * is pending.
   */
  #nextTick(): number | undefined {
    if (this.pending === 0) return undefined
    // If the due list still has timers here, `onError` has thrown. These timers must still fire.
    if (this.#due.next !== this.#due) return this.#tick
    for (let ahead = 1; ahead <= TIMER_WHEEL_SLOTS; ahead += 1) {
      const head = this.#slot(this.#tick + ahead)
      if (head.next !== head) return this.#tick + ahead
    }
    return undefined
  }
}
