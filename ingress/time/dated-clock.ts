/**
 * Time as a parameter. Code that measures, waits or writes dates gets a Clock, so that a test can make an hour pass at once.
 */
export interface DatedClock {
  /** Milliseconds, monotonic. All deadlines and ages are measured with this clock. */
  now(): number
  /** Milliseconds since 1970 by the machine's clock. This time is for people to read, and never for measuring. */
  wallClock(): number
  /**
   * Calls `run` once after the given milliseconds. The returned function cancels the call. After `run` was called, the
   * returned function does nothing.
   */
  after(milliseconds: number, run: () => void): () => void
}

/** The machine's own time. A pending timer keeps the process alive. */
export const systemClock: DatedClock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}
