/** A real process that serves SIP: its log, its counts, and its end. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startCommand } from './command-line.ts'
import { sampleValue } from './exposition-text.ts'

/** Milliseconds that the process may take to write a line or to count something. */
const SAID_LIMIT_MS = 120_000

/** Milliseconds between two looks at its lines or counts. */
const LOOK_INTERVAL_MS = 20

/** A line of its log: `msg` and the fields of the event. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string }

export interface ListeningOn {
  readonly transport: 'udp' | 'tcp'
  readonly address: string
  readonly port: number
}

export interface ServingProcess {
  readonly child: ChildProcess
  readonly listening: readonly ListeningOn[]
  /** The port of 127.0.0.1 for UDP, and for TCP. */
  readonly udp: number
  readonly tcp: number
  readonly log: readonly LogLine[]
  /** The first line for which `holds` returns true, among present and future lines. */
  readonly said: (holds: (line: LogLine) => boolean) => Promise<LogLine>
  /** The exposition of /metrics. */
  metrics(): Promise<string>
  /** The value of a series in /metrics; 0 where it is absent. */
  count(name: string, labels: Readonly<Record<string, string>>): Promise<number>
  /** Resolves when a series has reached a value. */
  counted(name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void>
  /** Status and text of /readyz. */
  readiness(): Promise<readonly [status: number, text: string]>
  /**
   * Sends SIGINT, which waits for nothing, or another signal, and returns the exit code and the signal. After the end it
   * returns them again.
   */
  stop(signal?: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]>
}

const LOOPBACK = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']

/**
 * Starts a serving command, on free ports unless the arguments have others; resolves when it reports where it listens, with or
 * without a table.
 */
export async function startServingProcess(
  args: readonly string[],
  listen: readonly string[] = LOOPBACK,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServingProcess> {
  const given = (flag: string): boolean => args.some((arg) => arg.startsWith(`${flag}=`))
  const listenFlags = given('--listen') ? [] : listen.flatMap((url) => ['--listen', url])
  const httpFlags = given('--http') ? [] : ['--http', '127.0.0.1:0']
  const child = startCommand([...args, ...httpFlags, ...listenFlags], environment)
  const exited = exitOf(child)
  const log: LogLine[] = []
  const errors: string[] = []
  createInterface(child.stdout).on('line', (line) => log.push(JSON.parse(line)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const said = (holds: (line: LogLine) => boolean) =>
    eventually(
      () => log.find(holds),
      () => errors.join('') + lastLines(log),
    )
  const at = await said(({ msg }) => msg === 'listening')
  const listening = textList(at['listening']).map(listeningOn)
  const portOf = (transport: string) => listening.find((at) => at.transport === transport)?.port ?? 0
  const http = String(at['http'])
  return {
    child,
    listening,
    udp: portOf('udp'),
    tcp: portOf('tcp'),
    log,
    said,
    ...readingOf(http),
    readiness: async () => {
      const page = await fetch(`${http}/readyz`)
      return [page.status, await page.text()]
    },
    stop: (signal = 'SIGINT') => {
      child.kill(signal)
      return exited
    },
  }
}

async function exitOf(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  await once(child, 'exit')
  return [child.exitCode, child.signalCode]
}

function readingOf(http: string): Pick<ServingProcess, 'metrics' | 'count' | 'counted'> {
  const metrics = async (): Promise<string> => (await fetch(`${http}/metrics`)).text()
  const count = async (name: string, labels: Readonly<Record<string, string>>): Promise<number> =>
    sampleValue(await metrics(), name, labels) ?? 0
  const counted = async (name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void> => {
    const enough = async () => ((await count(name, labels)) >= value ? true : undefined)
    await eventually(enough, () => `${name}${JSON.stringify(labels)} did not reach ${value}`)
  }
  return { metrics, count, counted }
}

/** Asks repeatedly until there is an answer. */
async function eventually<T>(ask: () => T | undefined | Promise<T | undefined>, explain: () => string): Promise<T> {
  const deadline = Date.now() + SAID_LIMIT_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`SERVING_WAIT: nothing in ${SAID_LIMIT_MS} ms\n${explain()}`)
    await pause(LOOK_INTERVAL_MS)
  }
}

function lastLines(log: readonly LogLine[]): string {
  const lines = log.filter(({ msg }) => msg !== 'call decided').slice(-10)
  return lines.map((line) => JSON.stringify(line)).join('\n')
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function listeningOn(text: string): ListeningOn {
  const [, transport, address = '', port] = /^(udp|tcp):\/\/(.+):(\d+)$/.exec(text) ?? []
  return {
    transport: transport === 'udp' ? 'udp' : 'tcp',
    address: address.replace(/^\[|\]$/g, ''),
    port: Number(port),
  }
}
