/** A real operator: `sip-dispatch operator` as a process of its own. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startCommand } from './command-line.ts'
import { sampleValue } from './exposition-text.ts'
import type { LogLine } from './serving-process.ts'

/** Milliseconds that the process may take to write a line. */
const SAID_LIMIT_MS = 120_000

/** Milliseconds between two looks at its output. */
const LOOK_INTERVAL_MS = 20

export interface OperatorOptions {
  readonly kubeconfig: string
  /** URL of the cache. */
  readonly cache: string
  readonly prefix: string
  /** The namespace to watch; its Lease and the Secret of the keys are there too. */
  readonly namespace: string
  /** More flags. */
  readonly flags?: readonly string[]
}

export interface OperatorProcess {
  readonly child: ChildProcess
  readonly log: readonly LogLine[]
  /** The first line for which `holds` returns true, among present and future lines. */
  said(holds: (line: LogLine) => boolean): Promise<LogLine>
  /** The value of a series in /metrics; 0 where it is absent. */
  count(name: string, labels: Readonly<Record<string, string>>): Promise<number>
  /** Status and text of /readyz. */
  readiness(): Promise<readonly [status: number, text: string]>
  /** Sends SIGTERM, or another signal, and returns the exit code and the signal. After the end it returns them again. */
  stop(signal?: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]>
}

/** Starts the operator; resolves when it reports that it has started. */
export function startOperator(options: OperatorOptions): Promise<OperatorProcess> {
  const { kubeconfig, cache, prefix, namespace, flags = [] } = options
  const where = ['--kubeconfig', kubeconfig, '--cache', cache, '--cache-prefix', prefix]
  const mine = ['--namespace', namespace, '--lease-namespace', namespace, '--http', '127.0.0.1:0']
  return startOperatorCommand(['operator', ...where, ...mine, ...flags])
}

/** The same, with all arguments given. */
export async function startOperatorCommand(args: readonly string[]): Promise<OperatorProcess> {
  const child = startCommand(args)
  const exited = once(child, 'exit')
  const log: LogLine[] = []
  const errors: string[] = []
  createInterface(child.stdout).on('line', (line) => log.push(JSON.parse(line)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const said = (holds: (line: LogLine) => boolean): Promise<LogLine> =>
    eventually(
      () => log.find(holds),
      () =>
        `${errors.join('')}${log
          .slice(-10)
          .map((line) => JSON.stringify(line))
          .join('\n')}`,
    )
  const http = String((await said(({ msg }) => msg === 'operator started'))['http'])
  return {
    child,
    log,
    said,
    count: async (name, labels) => sampleValue(await (await fetch(`${http}/metrics`)).text(), name, labels) ?? 0,
    readiness: async () => {
      const page = await fetch(`${http}/readyz`)
      return [page.status, await page.text()]
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await exited
      return [child.exitCode, child.signalCode]
    },
  }
}

/** Asks repeatedly until there is an answer. */
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  explain: () => string,
): Promise<T> {
  const deadline = Date.now() + SAID_LIMIT_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`OPERATOR_WAIT: nothing in ${SAID_LIMIT_MS} ms\n${explain()}`)
    await pause(LOOK_INTERVAL_MS)
  }
}
