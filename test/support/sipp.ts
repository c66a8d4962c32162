/** Runs sipp: an independent user agent, which does not share our reading of the RFCs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

/** Milliseconds: a scenario that takes longer is stuck. */
const SCENARIO_LIMIT_MS = 150_000

export interface SippOptions {
  /** The scenario file; relative paths start at the working folder. */
  readonly scenario: string
  /** More arguments of sipp: `['127.0.0.1:5060', '-s', '+15551234567', '-m', '1']`. */
  readonly args: readonly string[]
  readonly timeoutMs?: number
}

export interface SippRun {
  /** 0: every call went as the scenario expects. 1: at least one did not, or SIGTERM ended it. 99: sipp made no call. */
  readonly exitCode: number
  readonly stdout: string
  /** The last line of sipp's statistics by column name: `SuccessfulCall(C)`, `FailedCall(C)`, `Retransmissions(C)`. */
  readonly stats: ReadonlyMap<string, string>
  /** Every message that sipp sent and received, in order. */
  readonly messages: readonly SippMessage[]
  /** Errors in sipp's log: unexpected messages and time-outs. Lines that only show a busy machine are left out. */
  readonly errors: string
}

export interface SippMessage {
  readonly direction: 'sent' | 'received'
  readonly text: string
}

/** A running sipp. */
export interface SippProcess {
  readonly child: ChildProcess
  /** Resolves when sipp has ended by itself; rejects with `SIPP_TIMEOUT` or `SIPP_BROKEN` and its output. */
  readonly ended: Promise<SippRun>
}

/** Runs a scenario to its end in a temporary folder of its own. */
export function runSipp(options: SippOptions): Promise<SippRun> {
  return startSipp(options).ended
}

/** The running processes: if a test fails before it stops its sipp, the process is ended all the same. */
const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a scenario without waiting for its end. */
export function startSipp({ scenario, args, timeoutMs = SCENARIO_LIMIT_MS }: SippOptions): SippProcess {
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'))
  const traces = ['-trace_stat', '-stf', 'stats.csv', '-trace_msg', '-message_file', 'messages.log']
  const errors = ['-trace_err', '-error_file', 'errors.log']
  const command = ['-sf', resolve(scenario), '-nostdin', ...traces, ...errors, ...args]
  const child = spawn('sipp', command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const ended = endOf(child, folder, timeoutMs).finally(() => {
    running.delete(child)
    rmSync(folder, { recursive: true })
  })
  return { child, ended }
}

async function endOf(child: ChildProcess, folder: string, timeoutMs: number): Promise<SippRun> {
  let stdout = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const [code, signal] = await once(child, 'close').finally(() => clearTimeout(limit))
  const errors = faultsIn(read(folder, 'errors.log'))
  if (typeof code !== 'number' && signal !== 'SIGTERM') {
    throw new Error(`SIPP_TIMEOUT: sipp was ended by ${String(signal)} (limit ${timeoutMs} ms)\n${errors}\n${stdout}`)
  }
  if (code >= 128) {
    throw new Error(`SIPP_BROKEN: sipp gave up with exit code ${code}\n${errors}\n${stdout}`)
  }
  const stats = readStats(read(folder, 'stats.csv'))
  return { exitCode: code ?? 1, stdout, stats, messages: readMessages(read(folder, 'messages.log')), errors }
}

/** Errors that only show that the machine is busy. */
const BUSY = [
  // RFC 3261 §17.2.2: a late answer makes the other side repeat the request. The answer to the repeat comes after sipp has
  // ended the call.
  /: Dead call \S+ \(successful\), received 'SIP\/2\.0 [12]/,
  /: Overload warning: /,
]

/** The lines of sipp's error log without those. */
export function faultsIn(errors: string): string {
  const [heading = '', ...events] = errors.split(/(?=\d{4}-\d\d-\d\d\t[\d:.]+\t)/)
  const faults = events.filter((event) => !BUSY.some((busy) => busy.test(event)))
  return events.length > 0 && faults.length === 0 ? '' : [heading, ...faults].join('')
}

function read(folder: string, file: string): string {
  const path = join(folder, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The first line of the file names the columns; each later line has the totals up to its time. */
function readStats(text: string): ReadonlyMap<string, string> {
  const lines = text.trimEnd().split('\n')
  const values = (lines.at(-1) ?? '').split(';')
  const names = (lines[0] ?? '').split(';').filter((name) => name !== '')
  return new Map(names.map((name, index) => [name, values[index] ?? '']))
}

/** A message has a ruler with a time, a line with direction and size, an empty line, and the bytes. */
function readMessages(text: string): SippMessage[] {
  return text.split(/^-{20,} .*\n/m).flatMap((part) => {
    const heading = /^\S+ message (sent|received) .*\n\n?/.exec(part)
    return heading === null
      ? []
      : [{ direction: heading[1] === 'sent' ? 'sent' : 'received', text: part.slice(heading[0].length) }]
  })
}
