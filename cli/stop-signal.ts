/** What signals do: to a process that serves, and to any other. */
import { constants } from 'node:os'
import process from 'node:process'
import { EXIT_CODE } from './exit-code.ts'
import { STOPPED_START_MS } from './limits.ts'

type StopSignal = 'SIGTERM' | 'SIGINT'

export interface StopSignals {
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly first: Promise<void>
  /** Aborted by SIGINT, and by a second signal: nothing is waited for any more. */
  readonly hurry: AbortSignal
}

/** What the process that serves does when it is told to end. */
let stop: ((signal: StopSignal) => void) | undefined

/**
 * From now on SIGTERM and SIGINT end the process, as they would by themselves but for the first process of a container. So
 * does SIGHUP, unless the process serves: what it could read again it reads without being told. SIGUSR1 does not start
 * Node's debugger, which lets whoever reaches its port run code here.
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

/** As the signal does by default; the kernel spares the first process of a container, which exits by itself then. */
function endAtOnce(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exit(128 + constants.signals[signal])
}

/** Listens from now on. Once `hurry` is aborted, the next signal ends the process at once, as a signal does by default. */
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
 * Serves until a signal ends it. `start` rejects with what keeps it from starting; a start that is told to end is waited
 * for a moment and then given up, so that nothing which hangs there keeps the process.
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
