/**
 * Time as a parameter. Code under `ingress/sip` does not read the system's clock or set its timers. The code gets a Clock
 * instead, so that a test can make 64*T1 pass in a microsecond.
 */
export interface Clock {
  /** Milliseconds, monotonic. Only the difference between two such numbers has a meaning. */
  now(): number
  /**
   * Calls `fire(subject)` once after `delayMs`. There are tens of thousands of timers. With `subject`, a timer needs no
   * closure.
   */
  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer
  /**
   * Sets a timer of this clock again, `delayMs` from now, with its callback and subject. The timer may be pending, or have fired,
   * or have been cancelled. Costs no memory.
   */
  restart(timer: Timer, delayMs: number): void
  /** Cancels a timer. Nothing happens if the timer has fired or was cancelled. */
  cancel(timer: Timer): void
}

/** A handle for `cancel`. Only the clock that made the handle uses its content. */
export interface Timer {
  /** The time on the clock before which the timer does not fire, in whole milliseconds. */
  readonly deadline: number
}
