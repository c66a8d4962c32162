/**
 * The program of `npm start`: it runs the real command on the example manifests and a small backend, and draws three calls as
 * ladders. Then it goes on until it is stopped, and shows its log in words. Flags are passed to `sip-dispatch standalone`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type DemoBackend, startDemoBackend } from './demo-backend.ts'
import { type DemoCall, makeCall } from './demo-call.ts'
import { isTrouble, type LogLine, wordsOf } from './demo-log.ts'
import { freePort, otherPortCommand, startCommand, valuesOf } from './demo-ports.ts'
import { drawLadder, type LadderArrow } from './sip-ladder.ts'

/** The fields of the first log line. */
interface Serving {
  readonly listening: readonly string[]
  readonly http: string
}

const RULES = 'examples/standalone'
/** The demo's own backend is where the first rule of the example sends calls. */
const BACKEND = '127.0.0.1'
/** Milliseconds that the log line of a call may take: it is written in the background. */
const LINE_LIMIT_MS = 5_000

const args = process.argv.slice(2)
/** The rules that are served: the demo calls are made only for those of the example. */
const rules = valuesOf(args, '--rules').at(-1) ?? RULES
/** The log lines written while the demo calls were made. */
const lines: LogLine[] = []
let report = (line: LogLine): void => void lines.push(line)

refuseToBeMute(valuesOf(args, '--log-level').at(-1))
// The level comes first, so that a variable of the environment cannot silence the demo.
const flags = ['standalone', '--rules', RULES, '--log-level', 'info', ...args]
const child = spawn(process.execPath, ['--v8-pool-size=1', 'cli/sip-dispatch.ts', ...flags], {
  stdio: ['ignore', 'pipe', 'pipe'],
})
let exitCode: number | undefined
endWith(child)
const serving = await firstLine(child)
if (rules === RULES) await showDemo(serving)
if (exitCode === undefined) {
  printNext(serving)
  for (const line of lines.filter(isTrouble)) print(wordsOf(line))
  report = (line) => print(wordsOf(line))
}

/** The demo shows the log, so it refuses a level at which the log is silent. */
function refuseToBeMute(level: string | undefined): void {
  if (level === undefined || !['warn', 'error', 'silent'].includes(level)) return
  process.stderr.write(
    `error: npm start shows what the log says, and --log-level ${level} leaves calls out: take info or debug, or serve ` +
      `without the demo: npm run -s sip-dispatch -- standalone --rules ${rules} --log-level ${level}\n`,
  )
  process.exit(2)
}

function endWith(process_: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process_.kill(signal))
  // The ingress goes on at SIGHUP, but here SIGHUP means that the terminal is gone.
  process.on('SIGHUP', () => process_.kill('SIGTERM'))
  // By default Node would open a debugger at this signal.
  process.on('SIGUSR1', () => undefined)
  let errorText = ''
  process_.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText += text
    process.stderr.write(text)
  })
  process_.on('close', (code) => void end(errorText, exitCode ?? code ?? 1))
}

async function end(errorText: string, code: number): Promise<void> {
  const command = await otherPortCommand(errorText, args)
  if (command !== undefined) process.stderr.write(`To take another port:\n  ${command}\n`)
  process.exit(code)
}

/** Reads the log up to the line with the bound addresses: from then on packets can come. Text that is not a log line is passed on. */
function firstLine({ stdout }: ChildProcess): Promise<Serving> {
  return new Promise((resolve) => {
    if (!stdout) return
    createInterface(stdout).on('line', (text) => {
      const line = logLine(text)
      if (!line) return print(text)
      report(line)
      if (isServing(line)) resolve(line)
    })
  })
}

function logLine(text: string): LogLine | undefined {
  try {
    return text.startsWith('{') ? JSON.parse(text) : undefined
  } catch {
    // The text only looks like a line of the log.
    return undefined
  }
}

function isServing(line: LogLine): line is LogLine & Serving {
  return line['msg'] === 'serving' && Array.isArray(line['listening'])
}

async function showDemo({ listening }: Serving): Promise<void> {
  const ingress = udpAddress(listening)
  if (!ingress) return print('\nIt takes no calls by UDP over IPv4, so the three demo calls are left out.')
  const port = backendPort()
  const backend = await startDemoBackend(port).catch((error: NodeJS.ErrnoException) => backendFailed(port, error))
  if (backend) await showCalls(ingress, backend)
}

/** The port that the example rule names. */
function backendPort(): number {
  const [, port] = /uri: sip:127\.0\.0\.1:(\d+)/.exec(readFileSync(`${RULES}/rules.yaml`, 'utf8')) ?? []
  return Number(port ?? 5090)
}

async function backendFailed(port: number, error: NodeJS.ErrnoException): Promise<undefined> {
  const other = await freePort(BACKEND, port)
  process.stderr.write(`error: the backend of the demo cannot listen on udp://${BACKEND}:${port}: ${error.message}
To take another port, let the rule name it:
  sed -i.bak 's/${BACKEND}:${port}/${BACKEND}:${other}/' ${RULES}/rules.yaml && ${startCommand(args)}\n`)
  exitCode = 1
  child.kill()
}

async function showCalls(ingress: DemoCall['ingress'], backend: DemoBackend): Promise<void> {
  print('\n1. A number that a rule routes to the backend: rung, answered, hung up.\n')
  await show({ called: '+15551234567', from: '127.0.0.1', ingress, expects: 'answer' }, backend)
  print('\n2. A number that no rule matches: a final answer at once, and it says why.\n')
  await show({ called: '+4930123456', from: '127.0.0.1', ingress, expects: 'answer' }, backend)
  print('\n3. The same call from 127.0.0.2, which no trunk admits: not one byte.\n')
  await show({ called: '+15551234567', from: '127.0.0.2', ingress, expects: 'silence' }, backend).catch(
    (error: Error) => print(`   left out: 127.0.0.2 cannot be bound on this machine (${error.message})`),
  )
}

async function show(call: DemoCall, backend: DemoBackend): Promise<void> {
  const startedAt = performance.now()
  const behind: LadderArrow[] = []
  backend.onMessage = (direction, title) => {
    const [from, to] = direction === 'in' ? (['ingress', 'backend'] as const) : (['backend', 'ingress'] as const)
    behind.push({ at: performance.now() - startedAt, from, to, title })
  }
  const { arrows, callId } = await makeCall(call, startedAt)
  const decided = await lineOf(callId)
  print(drawLadder([...arrows, ...behind].toSorted((a, b) => a.at - b.at)))
  if (!decided) return
  const [outcome, status, reason] = ['outcome', 'status', 'reason'].map((field) => String(decided[field]))
  print(`\n   outcome ${outcome}, status ${status}: ${reason}`)
}

/** The log line of a call; undefined where the log leaves it out. */
function lineOf(callId: string): Promise<LogLine | undefined> {
  return new Promise((resolve) => {
    const find = (): boolean => {
      const line = lines.find((one) => one['callId'] === callId)
      if (line) resolve(line)
      return line !== undefined
    }
    if (find()) return
    const limit = setTimeout(resolve, LINE_LIMIT_MS, undefined)
    report = (line) => {
      lines.push(line)
      if (find()) clearTimeout(limit)
    }
  })
}

function udpAddress(listening: readonly string[]): DemoCall['ingress'] | undefined {
  const url = listening.find((text) => text.startsWith('udp://') && !text.includes('['))
  const [host = '', port = ''] = url?.slice('udp://'.length).split(':') ?? []
  return url ? { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(port) } : undefined
}

function printNext({ listening, http }: Serving): void {
  const ingress = udpAddress(listening)
  const call = ingress && rules === RULES ? `\n  sipp -sn uac -s +15551234567 -m 1 ${ingress.host}:${ingress.port}` : ''
  const what = rules === RULES ? `${RULES}/rules.yaml` : `a file in ${rules}`
  print(`
Still serving (Ctrl-C stops it):
  SIP      ${listening.join('  ')}
  metrics  ${http}/metrics   health ${http}/livez ${http}/readyz
Try next:
  edit ${what} and call again: the next call follows it, and this terminal tells of both${call}
  npm run -s sip-dispatch -- lint ${rules}
`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
