/**
 * Time as a parameter. Nothing under `ingress/sip` reads the system's clock or sets its timers: it is handed a Clock,
 * so that a test can make 64*T1 pass in a microsecond.
 */
export interface Clock {
  /** Milliseconds, monotonic, from any start. */
  now(): number
  /** Calls `fire(subject)` once after `delayMs`. The subject spares a closure per timer: calls come by the ten thousand. */
  after<T>(delayMs: number, fire: (subject: T) => void, subject: T): Timer
  /** Cancelling a timer that has fired or was cancelled does nothing. */
  cancel(timer: Timer): void
}

/** A handle to give back to `cancel`; its inside belongs to the clock that made it. */
export interface Timer {
  readonly deadline: number
}
