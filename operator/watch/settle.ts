/** The clock and the timers that `settle` needs. */
export interface Timers {
  /** The time in milliseconds, on a clock that never goes back. */
  now(): number
  /** Calls `run` once after this many milliseconds. The returned function cancels the call. */
  after(milliseconds: number, run: () => void): () => void
}

export interface Settler {
  /** Must be called at each change. */
  touch(): void
  /** Forgets the pending changes. */
  stop(): void
}

/**
 * Collects changes. Calls `run` when no change has come for `quiet` milliseconds. If changes go on, calls it at the latest
 * `limit` milliseconds after the first change.
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
