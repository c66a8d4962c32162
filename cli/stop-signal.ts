/** How a process that serves is told to end. */
import process from 'node:process'

export interface StopSignals {
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly first: Promise<void>
  /** Aborted by SIGINT, and by a second signal: nothing is waited for any more. */
  readonly hurry: AbortSignal
}

/** Listens from now on. Once `hurry` is aborted, the next signal ends the process at once, as a signal does by default. */
export function listenForStop(): StopSignals {
  const hurry = new AbortController()
  const { promise: first, resolve } = Promise.withResolvers<void>()
  let asked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    resolve()
    if (asked || signal === 'SIGINT') {
      for (const name of ['SIGTERM', 'SIGINT']) process.off(name, onSignal)
      hurry.abort()
    }
    asked = true
  }
  for (const name of ['SIGTERM', 'SIGINT']) process.on(name, onSignal)
  return { first, hurry: hurry.signal }
}
