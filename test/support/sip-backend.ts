/** A backend that the ingress can send calls to: sipp as a server on a free port of the loopback device. */
import { readFileSync } from 'node:fs'
import { freePort } from './loopback-port.ts'
import { type SippProcess, type SippRun, startSipp } from './sipp.ts'

/** Milliseconds that sipp may take to open its socket. */
const BIND_LIMIT_MS = 60_000

/** Milliseconds between two looks at the kernel's socket table. */
const LOOK_INTERVAL_MS = 20

/** Milliseconds after which a backend ends by itself if no test stops it. */
const BACKEND_LIMIT_MS = 300_000

export interface BackendOptions {
  /** A server scenario. */
  readonly scenario: string
  readonly transport?: 'UDP' | 'TCP'
  readonly address?: '127.0.0.1' | '::1'
  readonly args?: readonly string[]
}

export interface SipBackend {
  readonly address: string
  readonly port: number
  /** The URI as in a rule: `sip:127.0.0.1:5090`, with `;transport=tcp` for TCP. */
  readonly uri: string
  /** Gives sipp a second to end its open calls, then ends it, and returns its record. */
  stop(): Promise<SippRun>
}

/** Starts a backend; resolves when its socket is bound. Works only on Linux: the kernel's socket table shows the moment. */
export async function startSipBackend(options: BackendOptions): Promise<SipBackend> {
  const { scenario, transport = 'UDP', address = '127.0.0.1', args = [] } = options
  const port = await freePort(address)
  const mode = transport === 'TCP' ? 't1' : 'u1'
  const sipp = startSipp({
    scenario,
    args: ['-i', address, '-p', String(port), '-t', mode, ...args],
    timeoutMs: BACKEND_LIMIT_MS,
  })
  await Promise.race([whenBound(port, transport), endedEarly(sipp)])
  const host = address === '::1' ? '[::1]' : address
  const uri = `sip:${host}:${port}${transport === 'TCP' ? ';transport=tcp' : ''}`
  return { address, port, uri, stop: () => stopBackend(sipp) }
}

async function endedEarly({ ended }: SippProcess): Promise<never> {
  const { exitCode, errors, stdout } = await ended
  throw new Error(`BACKEND_ENDED: sipp ended with exit code ${exitCode} before it was bound\n${errors}\n${stdout}`)
}

async function whenBound(port: number, transport: 'UDP' | 'TCP'): Promise<void> {
  const deadline = Date.now() + BIND_LIMIT_MS
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm')
  const tables = [`/proc/net/${transport.toLowerCase()}`, `/proc/net/${transport.toLowerCase()}6`]
  while (!tables.some((table) => local.test(readFileSync(table, 'latin1')))) {
    if (Date.now() > deadline) {
      throw new Error(`BACKEND_NOT_BOUND: sipp did not bind port ${port} in ${BIND_LIMIT_MS} ms`)
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    setTimeout(resolve, LOOK_INTERVAL_MS)
    await promise
  }
}

/** After one USR1, sipp ends when its calls have ended; after a second one, without them. It still waits for calls in a pause. */
async function stopBackend({ child, ended }: SippProcess): Promise<SippRun> {
  const signals: NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR1', 'SIGTERM']
  const next = (): boolean => child.kill(signals.shift())
  next()
  const hurry = setInterval(next, 1_000)
  return ended.finally(() => clearInterval(hurry))
}
