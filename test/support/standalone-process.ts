/** A real ingress: `sip-dispatch standalone` as a process of its own, on free ports and a temporary folder of manifests. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startCommand } from './command-line.ts'
import { sampleValue } from './exposition-text.ts'
import { manifestText } from './manifest-text.ts'

/** Milliseconds: how long the process may take to say or to count something. */
const SAID_LIMIT_MS = 10_000

/** Milliseconds between two looks at what it says or counts. */
const LOOK_INTERVAL_MS = 20

const LOOPBACK = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']

export interface StandaloneOptions {
  /** Objects of the first table, in `manifests.json`. */
  readonly manifests: readonly object[]
  /** Undefined: UDP and TCP on 127.0.0.1. */
  readonly listen?: readonly string[]
}

/** A line of its log: `msg` and the fields of the event. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string }

export interface ListeningOn {
  readonly transport: 'udp' | 'tcp'
  readonly address: string
  readonly port: number
}

export interface StandaloneProcess {
  readonly child: ChildProcess
  /** The folder of the manifests. */
  readonly folder: string
  readonly listening: readonly ListeningOn[]
  /** The port of 127.0.0.1 for UDP, and for TCP. */
  readonly udp: number
  readonly tcp: number
  readonly log: readonly LogLine[]
  /** The first line that holds, of those already written or of those to come. */
  said(holds: (line: LogLine) => boolean): Promise<LogLine>
  /** Writes a manifest file, and resolves when a table with it is in use. */
  apply(file: string, content: readonly object[] | string): Promise<void>
  /** Writes a file of the folder as it is. */
  write(file: string, text: string): void
  /** The exposition of /metrics. */
  metrics(): Promise<string>
  /** A series of /metrics; 0 where there is none. */
  count(name: string, labels: Readonly<Record<string, string>>): Promise<number>
  /** Resolves when a series has reached a value. */
  counted(name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void>
  /** Sends SIGTERM and answers the exit code and the signal; removes the folder. Once it has ended, only answers again. */
  stop(): Promise<readonly [number | null, NodeJS.Signals | null]>
}

/** Starts it; resolves when it says that it serves. */
export async function startStandalone(options: StandaloneOptions): Promise<StandaloneProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-'))
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  write('manifests.json', manifestText(options.manifests))
  const listen = (options.listen ?? LOOPBACK).flatMap((url) => ['--listen', url])
  const child = startCommand(['standalone', '--rules', folder, '--http', '127.0.0.1:0', ...listen])
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
  const serving = await said(({ msg }) => msg === 'serving')
  const listening = textList(serving['listening']).map(listeningOn)
  const portOf = (transport: string) => listening.find((at) => at.transport === transport)?.port ?? 0
  const reading = readingOf(String(serving['http']))
  return {
    child,
    folder,
    listening,
    udp: portOf('udp'),
    tcp: portOf('tcp'),
    log,
    said,
    write,
    ...reading,
    apply: async (file, content) => {
      const before = log.length
      write(file, typeof content === 'string' ? content : manifestText(content))
      await said((line) => line.msg === 'route table changed' && log.indexOf(line) >= before)
    },
    stop: async () => {
      child.kill('SIGTERM')
      const how = await exited
      rmSync(folder, { recursive: true, force: true })
      return how
    },
  }
}

async function exitOf(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  await once(child, 'exit')
  return [child.exitCode, child.signalCode]
}

function readingOf(http: string): Pick<StandaloneProcess, 'metrics' | 'count' | 'counted'> {
  const metrics = async (): Promise<string> => (await fetch(`${http}/metrics`)).text()
  const count = async (name: string, labels: Readonly<Record<string, string>>): Promise<number> =>
    sampleValue(await metrics(), name, labels) ?? 0
  const counted = async (name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void> => {
    const enough = async () => ((await count(name, labels)) >= value ? true : undefined)
    await eventually(enough, () => `${name}${JSON.stringify(labels)} did not reach ${value}`)
  }
  return { metrics, count, counted }
}

/** Asks until there is an answer. */
async function eventually<T>(ask: () => T | undefined | Promise<T | undefined>, explain: () => string): Promise<T> {
  const deadline = Date.now() + SAID_LIMIT_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`STANDALONE_WAIT: nothing in ${SAID_LIMIT_MS} ms\n${explain()}`)
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
