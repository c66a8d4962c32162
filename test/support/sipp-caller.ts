/** A carrier that calls the ingress: sipp as a client. */
import { join } from 'node:path'
import { freePort } from './loopback-port.ts'
import { type SippProcess, type SippRun, startSipp } from './sipp.ts'

const SCENARIOS = join(import.meta.dirname, '..', 'sipp', 'scenarios')

export interface CallerOptions {
  /** A client scenario by name: `uac-expect-200`. */
  readonly scenario: string
  /** The port of the ingress, or of a proxy in front of it. */
  readonly port: number
  readonly address?: '127.0.0.1' | '::1'
  readonly transport?: 'UDP' | 'TCP'
  /** The called number. */
  readonly number: string
  /** How many calls. */
  readonly calls: number
  /** Calls per second. */
  readonly rate?: number
  readonly args?: readonly string[]
  readonly timeoutMs?: number
}

/** Makes the calls and returns their results. */
export async function runCaller(options: CallerOptions): Promise<SippRun> {
  return (await startCaller(options)).ended
}

/** Starts the calls. On SIGUSR1 it starts no more and ends when the open ones have ended. */
export async function startCaller(options: CallerOptions): Promise<SippProcess> {
  const { port, address = '127.0.0.1', transport = 'UDP', number, calls, rate = 50, args = [], timeoutMs } = options
  const to = `${address === '::1' ? '[::1]' : address}:${port}`
  const mode = transport === 'TCP' ? 't1' : 'u1'
  const local = ['-i', address, '-p', String(await freePort(address))]
  return startSipp({
    scenario: scenarioFile(options.scenario),
    args: [to, ...local, '-t', mode, '-m', String(calls), '-r', String(rate), '-s', number, ...args],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
}

/** The file of a scenario by its name. */
export function scenarioFile(name: string): string {
  return join(SCENARIOS, `${name}.xml`)
}

/**
 * Methods and statuses in the order in which sipp received them: `INVITE`, `180`. A message that came twice, byte for byte,
 * counts once: it was repeated because the machine is busy.
 */
export function received(run: SippRun): string[] {
  const texts = run.messages.filter(({ direction }) => direction === 'received').map(({ text }) => text)
  return [...new Set(texts)].map((text) => /^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? text.split(' ', 1)[0] ?? '')
}
