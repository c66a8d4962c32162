/**
 * What `npm start` runs: the real command on the example manifests, a small backend, three calls drawn as ladders, and
 * then on it goes until it is stopped. Flags are handed to `sip-dispatch standalone`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type DemoBackend, startDemoBackend } from './demo-backend.ts'
import { type DemoCall, makeCall } from './demo-call.ts'
import { drawLadder, type LadderArrow } from './sip-ladder.ts'

/** What the first log line says. */
interface Serving {
  readonly listening: readonly string[]
  readonly http: string
}

type LogLine = Readonly<Record<string, unknown>>

const BACKEND_PORT = 5090
/** Milliseconds for the last messages of a call and its log line to arrive. */
const SETTLE_MS = 150

const lines: LogLine[] = []
const child = spawn(
  process.execPath,
  ['cli/sip-dispatch.ts', 'standalone', '--rules', 'examples/standalone', ...process.argv.slice(2)],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
stopWith(child)
const serving = await firstLine(child)
const backend = await startDemoBackend(BACKEND_PORT).catch((error: Error) => {
  child.kill()
  throw new Error(`the demo backend needs udp 127.0.0.1:${BACKEND_PORT}: ${error.message}`)
})
await showCalls(serving, backend)
printNext(serving)

function stopWith(process_: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process_.kill(signal))
  // The ingress goes on at SIGHUP; here it says that the terminal is gone.
  process.on('SIGHUP', () => process_.kill('SIGTERM'))
  // Node would open a debugger.
  process.on('SIGUSR1', () => undefined)
  process_.on('close', (code) => process.exit(code ?? 1))
}

/** Reads the log; the line that says what is bound is the sign that packets can come. */
function firstLine({ stdout }: ChildProcess): Promise<Serving> {
  return new Promise((resolve) => {
    if (!stdout) return
    createInterface(stdout).on('line', (text) => {
      const line: LogLine = JSON.parse(text)
      lines.push(line)
      if (isServing(line)) resolve(line)
    })
  })
}

function isServing(line: LogLine): line is LogLine & Serving {
  return line['msg'] === 'serving' && Array.isArray(line['listening'])
}

async function showCalls({ listening }: Serving, demoBackend: DemoBackend): Promise<void> {
  const ingress = udpAddress(listening)
  if (!ingress) return print('No UDP listener on this machine, so no demo calls.')
  print('\n1. A number that a rule routes to the backend: rung, answered, hung up.\n')
  await show({ called: '+15551234567', from: '127.0.0.1', ingress }, demoBackend)
  print('\n2. A number that no rule matches: a final answer at once, and it says why.\n')
  await show({ called: '+4930123456', from: '127.0.0.1', ingress }, demoBackend)
  print('\n3. The same call from 127.0.0.2, which no trunk admits: not one byte.\n')
  await show({ called: '+15551234567', from: '127.0.0.2', ingress }, demoBackend).catch((error: Error) =>
    print(`   left out: 127.0.0.2 cannot be bound on this machine (${error.message})`),
  )
}

async function show(call: DemoCall, demoBackend: DemoBackend): Promise<void> {
  const startedAt = performance.now()
  const behind: LadderArrow[] = []
  demoBackend.onMessage = (direction, title) => {
    const [from, to] = direction === 'in' ? (['ingress', 'backend'] as const) : (['backend', 'ingress'] as const)
    behind.push({ at: performance.now() - startedAt, from, to, title })
  }
  const { arrows, callId } = await makeCall(call, startedAt)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  print(drawLadder([...arrows, ...behind].toSorted((a, b) => a.at - b.at)))
  const decided = lines.find((line) => line['callId'] === callId)
  if (!decided) return
  const [outcome, status, reason] = ['outcome', 'status', 'reason'].map((field) => String(decided[field]))
  print(`\n   outcome ${outcome}, status ${status}: ${reason}`)
}

function udpAddress(listening: readonly string[]): { host: string; port: number } | undefined {
  const url = listening.find((text) => text.startsWith('udp://') && !text.includes('['))
  const [host = '', port = ''] = url?.slice('udp://'.length).split(':') ?? []
  return url ? { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(port) } : undefined
}

function printNext({ listening, http }: Serving): void {
  print(`
Still serving (Ctrl-C stops it):
  SIP      ${listening.join('  ')}
  metrics  ${http}/metrics   health ${http}/livez ${http}/readyz
Try next:
  edit examples/standalone/rules.yaml and call again: the next call follows it
  sipp -sn uac -s +15551234567 -m 1 ${listening[0]?.slice('udp://'.length)}
  npm run -s sip-dispatch -- lint examples/standalone`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
