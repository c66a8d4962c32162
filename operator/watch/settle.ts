/** Time as the settling of changes needs it. */
export interface Timers {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** Calls once after so many milliseconds, unless cancelled by what it returns. */
  after(milliseconds: number, run: () => void): () => void
}

export interface Settler {
  /** Something has changed. */
  touch(): void
  /** Forgets what is pending. */
  stop(): void
}

/**
 * Gathers changes: `run` is called once no change has come for `quiet` milliseconds, and at the latest `limit`
 * milliseconds after the first.
 */
export function settle(bounds: { quiet: number; limit: number }, timers: Timers, run: () => void): Settler {
  let first: number | undefined
  let cancel: (() => void) | undefined
  const stop = () => {
    cancel?.()
    cancel = undefined
    first = undefined
  }
  const touch = () => {
    const now = timers.now()
    first ??= now
    cancel?.()
    cancel = timers.after(Math.max(0, Math.min(bounds.quiet, first + bounds.limit - now)), () => {
      stop()
      run()
    })
  }
  return { touch, stop }
}
