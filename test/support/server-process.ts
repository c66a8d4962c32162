/** A server program that a test starts, stops, freezes and kills. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { guardLeftover } from './process-guard.ts'

/** Milliseconds that a server may take until it answers, and to end when it is asked to. */
const READY_LIMIT_MS = 180_000
const STOP_LIMIT_MS = 60_000

/** Milliseconds between two checks whether the server answers. */
const LOOK_INTERVAL_MS = 25

/** Characters of its output that an error shows. */
const SHOWN_OUTPUT = 4_000

export interface ServerCommand {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** True when the server works; called repeatedly until then. */
  readonly ready: () => Promise<boolean>
}

export interface ServerProcess {
  readonly pid: number
  readonly running: boolean
  /** Freezes the server (SIGSTOP): its connections stay open and nothing answers. */
  pause(): void
  /** Ends a freeze (SIGCONT). */
  resume(): void
  /** Asks the server to end (SIGTERM); kills it (SIGKILL) after `STOP_LIMIT_MS`. */
  stop(): Promise<void>
  /** Kills the server, like a crash (SIGKILL). */
  kill(): Promise<void>
}

/** Starts a server; resolves when it is ready. @throws SERVER_START when it ends before that, or takes longer than `READY_LIMIT_MS`. */
export async function startServerProcess({ name, command, ready }: ServerCommand): Promise<ServerProcess> {
  const [program, ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  const output = lastOutput(child)
  const { pid } = child
  if (pid === undefined) throw await startError(name, exited)
  const release = guardLeftover({ pid })
  const ended = exited.then(release)
  const server = running(child, pid, ended)
  await whenReady({ child, ready }, () => `${name} is not ready\n${output()}`).catch(async (error: unknown) => {
    await server.kill()
    throw error
  })
  return server
}

function running(child: ChildProcess, pid: number, ended: Promise<void>): ServerProcess {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid,
    get running() {
      return isRunning()
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill,
    stop: async () => {
      child.kill('SIGTERM')
      // A frozen process reacts to SIGTERM only when it runs again.
      child.kill('SIGCONT')
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(limit)
    },
  }
}

async function startError(name: string, exited: Promise<unknown>): Promise<Error> {
  return exited.then(
    () => new Error(`SERVER_START: ${name} has no process`),
    (cause: unknown) => new Error(`SERVER_START: ${name} cannot be started: ${String(cause)}`, { cause }),
  )
}

async function whenReady(
  { child, ready }: { child: ChildProcess; ready: () => Promise<boolean> },
  explain: () => string,
): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS
  while (!(await ready())) {
    const over = child.exitCode ?? child.signalCode
    if (over !== null) throw new Error(`SERVER_START: ended with ${over}: ${explain()}`)
    if (Date.now() > deadline) throw new Error(`SERVER_START: not in ${READY_LIMIT_MS} ms: ${explain()}`)
    await pause(LOOK_INTERVAL_MS)
  }
}

/** Reads all output, so that the server never waits for a reader, and keeps the last part. */
function lastOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-SHOWN_OUTPUT)
    })
  }
  return () => text
}
