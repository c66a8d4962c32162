/**
 * Time as a parameter. Code under `ingress/sip` does not read the system's clock or set its timers. It gets a Clock instead,
 * so that a test can make 64*T1 pass in a microsecond.
 */
export interface Clock {
  /** Milliseconds, monotonic, from any start. */
  now(): number
  /**
   * Calls `fire(subject)` once after `delayMs`. With `subject`, a timer needs no closure: there are ten thousands of timers.
   */
  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer
  /** Cancelling a timer that has fired or was cancelled does nothing. */
  cancel(timer: Timer): void
}

/** A handle for `cancel`; its content belongs to the clock that made it. */
export interface Timer {
  readonly deadline: number
}
