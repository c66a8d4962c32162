/** Time as a parameter: what measures, waits or dates is handed a DatedClock, so that a test can make an hour pass at once. */
export interface DatedClock {
  /** Milliseconds, monotonic, from any start. Deadlines and ages are measured with this one only. */
  now(): number
  /** Milliseconds since 1970, as the machine believes: for what people read, never for measuring. */
  wallClock(): number
  /** Calls `run` once after so many milliseconds; what it returns cancels that, and does nothing afterwards. */
  after(milliseconds: number, run: () => void): () => void
}

/** The machine's own time. A waiting timer keeps the process up. */
export const systemClock: DatedClock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}
