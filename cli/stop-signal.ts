/** Handles the signals of every command. Commands that serve stop in steps. Any other command ends at once. */
import { constants } from 'node:os'
import process from 'node:process'
import { EXIT_CODE } from './exit-code.ts'
import { STOPPED_START_MS } from './limits.ts'

type StopSignal = 'SIGTERM' | 'SIGINT'

export interface StopSignals {
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly first: Promise<void>
  /** Aborted by SIGINT, and by a second signal. The process must then end without waiting. */
  readonly hurry: AbortSignal
}

/** Called with each stop signal in a process that serves. Undefined in any other process. */
let stop: ((signal: StopSignal) => void) | undefined

/**
 * From now on, SIGTERM and SIGINT end the process. Without a handler they would not end the first process of a container.
 * SIGHUP ends the process too. In a process that serves, SIGHUP has no effect, because changed files are read without a
 * signal. SIGUSR1 is ignored: without a handler, Node would start its debugger, and anyone who reaches the debugger's port
 * could run code.
 */
export function takeSignals(): void {
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onStop)
  process.on('SIGHUP', (signal) => {
    if (!stop) endAtOnce(signal)
  })
  for (const name of ['SIGUSR1', 'SIGUSR2'] as const) process.on(name, () => undefined)
}

function onStop(signal: NodeJS.Signals): void {
  if (stop && (signal === 'SIGTERM' || signal === 'SIGINT')) stop(signal)
  else endAtOnce(signal)
}

/**
 * Ends the process as the signal does without a handler. The kernel does not end the first process of a container in this
 * way. So that process calls `exit`.
 */
function endAtOnce(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exit(128 + constants.signals[signal])
}

/** Starts to listen for stop signals. After `hurry` was aborted, the next signal ends the process at once. */
function listenForStop(): StopSignals {
  const hurry = new AbortController()
  const { promise: first, resolve } = Promise.withResolvers<void>()
  let asked = false
  stop = (signal) => {
    resolve()
    if (hurry.signal.aborted) return endAtOnce(signal)
    if (asked || signal === 'SIGINT') hurry.abort()
    asked = true
  }
  return { first, hurry: hurry.signal }
}

/**
 * Serves until a signal ends the process. `start` rejects with the reason if the process cannot start. A signal during the
 * start ends the process after a short wait, so that a start which hangs cannot block the end.
 */
export async function serveUntilStopped<Running>(
  start: () => Promise<Running>,
  leave: (running: Running, hurry: AbortSignal) => Promise<void>,
): Promise<void> {
  const { first, hurry } = listenForStop()
  let givenUp: NodeJS.Timeout | undefined
  let started = false
  const giveUp = async (): Promise<void> => {
    await first
    if (!started) givenUp = setTimeout(() => process.exit(EXIT_CODE.ok), STOPPED_START_MS)
  }
  void giveUp()
  const running = await start()
  started = true
  clearTimeout(givenUp)
  await first
  await leave(running, hurry)
}
