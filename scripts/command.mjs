import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { change, silenceOf, work } from './signs-of-life.mjs'

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Milliseconds between two signs of life: short enough that a long step does not look like a hung one. */
const SIGN_OF_LIFE_MS = 15_000

/** Milliseconds that a stopped command gets to clean up before it is killed. */
const GRACE_MS = 5_000

/** @typedef {{ code: number, output: string }} CommandResult */

/**
 * `silenceMs`: time without any activity after which the command is stopped. Activity is output, CPU time of its process group
 * (unless `outputOnly`), and a change of what `grows` returns. `progress` makes a word of the output so far.
 *
 * @typedef {{ label: string, silenceMs: number, outputOnly?: boolean, grows?: () => unknown,
 * progress?: (output: string) => string }} CommandOptions
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/** @type {NodeJS.Signals | undefined} */
let stoppedBy

/** @type {import('node:child_process').ChildProcess | undefined} */
let foreground

/**
 * Runs a command quietly, in a process group of its own, so that stopping it also stops everything that it started. Reports
 * every 15 s that it still runs. The output has no colours, which some tools would write in CI. The command may take any time,
 * because machines differ in speed; it is stopped only when it is silent. Never rejects: a command that cannot start has code
 * 127.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {CommandOptions} options
 * @returns {Promise<CommandResult>}
 */
export function runQuietly(command, options) {
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const watch = watchOver(child, options, {
    output: () => output,
    stop: (why) => {
      output += `\n${why}\n`
      signalGroup(child, 'SIGKILL')
    },
  })
  return new Promise((resolve) => {
    const end = (/** @type {number} */ code) => {
      watch.end()
      running.delete(child)
      if (stoppedBy === undefined) {
        resolve({ code, output: stripVTControlCharacters(output) })
      } else if (running.size === 0) {
        process.exit(exitCodeOf(stoppedBy))
      }
    }
    child.on('error', (error) => {
      output += `${program}: ${error.message}\n`
      end(127)
    })
    child.on('close', (code, signal) => end(code ?? exitCodeOf(signal)))
  })
}

/**
 * Reports that a command still runs, and stops it when it is silent.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {CommandOptions} options
 * @param {{ output: () => string, stop: (why: string) => void }} command
 * @returns {{ end: () => void }}
 */
function watchOver({ pid }, { label, silenceMs, outputOnly, grows, progress }, { output, stop }) {
  const startedAt = performance.now()
  const signs = [change(() => output().length)]
  if (pid !== undefined && outputOnly !== true) {
    signs.push(work(pid))
  }
  if (grows !== undefined) {
    signs.push(change(grows))
  }
  const silence = silenceOf(signs)
  const reportTimer = setInterval(() => {
    const far = progress === undefined ? '' : `: ${progress(output())}`
    console.log(`  ${label}: still running after ${Math.round((performance.now() - startedAt) / 1000)} s${far}`)
  }, SIGN_OF_LIFE_MS)
  const looking = setInterval(
    () => {
      if (silence.look() >= silenceMs) {
        clearInterval(looking)
        stop(`${label}: stopped, because nothing happened for ${silenceMs / 1000} s`)
      }
    },
    Math.min(SIGN_OF_LIFE_MS, silenceMs / 4),
  )
  return {
    end: () => {
      clearInterval(reportTimer)
      clearInterval(looking)
    },
  }
}

/**
 * Runs a command in the foreground, on our own terminal.
 *
 * @param {readonly [string, ...string[]]} command
 * @returns {Promise<number>} its exit code
 */
export function runInForeground(command) {
  const [program, ...args] = command
  const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', env: environment() })
  foreground = child
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`)
      resolve(127)
    })
    child.on('close', (code, signal) => resolve(code ?? exitCodeOf(signal)))
  })
}

/**
 * From now on Ctrl-C or a TERM signal stops every quiet command with everything that it started, and then this process. A
 * command in the foreground gets the signal instead, and this process ends when it ends.
 */
export function stopCommandsOnSignal() {
  // By default Node would open a debugger at this signal.
  process.on('SIGUSR1', () => undefined)
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (foreground === undefined) {
        stopQuietCommands(signal)
      } else if (signal === 'SIGTERM' || !process.stdin.isTTY) {
        // A terminal sends its signals to the foreground command by itself: forwarding them would send them twice.
        foreground.kill(signal)
      }
    })
  }
}

/**
 * Prints an error and ends this process. The text of the error has a code and says what to do; its stack trace would help
 * nobody.
 *
 * @param {unknown} error
 * @returns {never}
 */
export function endOnError(error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

/** @param {NodeJS.Signals} signal */
function stopQuietCommands(signal) {
  if (stoppedBy !== undefined) {
    return
  }
  stoppedBy = signal
  console.error(`stopped by ${signal}`)
  for (const child of running) {
    signalGroup(child, 'SIGTERM')
  }
  setTimeout(() => killAndExit(signal), running.size > 0 ? GRACE_MS : 0)
}

/** @param {NodeJS.Signals} signal */
function killAndExit(signal) {
  for (const child of running) {
    signalGroup(child, 'SIGKILL')
  }
  process.exit(exitCodeOf(signal))
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) {
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error
    }
  }
}

/** @param {NodeJS.Signals | null} signal */
function exitCodeOf(signal) {
  return signal === null ? 1 : 128 + constants.signals[signal]
}

/** This process's environment with the repository's own programs first, as npm gives it to scripts. */
function environment() {
  const own = join(ROOT, 'node_modules', '.bin')
  return { ...process.env, PATH: [own, process.env['PATH'] ?? ''].join(delimiter) }
}
