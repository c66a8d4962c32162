/** The real application behind the drachtio engine, on a fake clock, with drachtio-servers on real sockets. */

import type { DrachtioConfig } from '../../ingress/sip/drachtio/drachtio-config.ts'
import { startDrachtioEngine } from '../../ingress/sip/drachtio/drachtio-engine.ts'
import type { SipEngine } from '../../ingress/sip/port/engine.ts'
import { until } from './cache-parts.ts'
import {
  type CallerTransaction,
  type DrachtioServer,
  type SentRequest,
  type ServerOptions,
  startDrachtioServer,
} from './drachtio-server.ts'
import { type ApplicationParts, applicationOn, countingRandom, type HarnessOptions } from './engine-harness.ts'
import { FakeClock } from './fake-clock.ts'
import { requestText } from './sip-text.ts'

export interface DrachtioHarnessOptions extends Pick<HarnessOptions, 'entries' | 'fraction' | 'ownAddress'> {
  readonly server?: ServerOptions
  readonly config?: Partial<DrachtioConfig>
  /** Whether to wait until calls can come; true by default. */
  readonly ready?: boolean
}

export interface DrachtioHarness extends Omit<ApplicationParts, 'application'> {
  readonly clock: FakeClock
  readonly server: DrachtioServer
  readonly engine: SipEngine
  /** Codes of the faults that were reported. */
  readonly faults: () => string[]
  /** Resolves with the `n`th request with this method that the application asked the server to send; 1 is the first. */
  readonly sent: (method: string, n?: number) => Promise<SentRequest>
  /** Lets time pass realistically: the answers to pings come between two pings. `clock.advance` alone is for a shorter time. */
  readonly pass: (ms: number) => Promise<void>
  /** Lets a little time pass, repeatedly, until `holds` returns true: for code that waits between two attempts. */
  readonly comes: (holds: () => boolean) => Promise<void>
  /** Resolves when the caller has received these statuses. */
  readonly receives: (caller: CallerTransaction, statuses: readonly number[]) => Promise<void>
  close(): Promise<void>
}

/** Milliseconds that pass at each look. They are few, so that even on a busy machine a connection is made before its time is over. */
const LITTLE_MS = 20

/** Milliseconds: less than the time between two pings. */
const STEP_MS = 10_000

/** Resolves when all bytes written before have arrived at the server; after a second call, the server's answers have arrived too. */
async function roundTrip(server: DrachtioServer): Promise<void> {
  const probe = server.receive(requestText({ method: 'OPTIONS' }))
  await until(() => probe.responses.length > 0)
}

export const SECRET = 'cymru'

export function drachtioConfig(change: Partial<DrachtioConfig> = {}): DrachtioConfig {
  return {
    servers: [],
    listen: [],
    secretFile: undefined,
    secret: SECRET,
    caFile: undefined,
    ipv6Backends: false,
    ...change,
  }
}

export async function startDrachtioHarness(options: DrachtioHarnessOptions = {}): Promise<DrachtioHarness> {
  const clock = new FakeClock()
  const server = await startDrachtioServer({ secret: SECRET, ...options.server })
  const { application, ...parts } = applicationOn(clock, options)
  const address = { host: '127.0.0.1', port: server.port, tls: options.server?.tls !== undefined }
  const config = drachtioConfig({ servers: [address], ...options.config })
  const engine = await startDrachtioEngine({ application, clock, random: countingRandom(), config })
  if (options.ready !== false) await until(() => engine.unready?.length === 0 && server.routes().includes('publish'))
  return {
    clock,
    server,
    engine,
    ...parts,
    faults: () => parts.events.flatMap((event) => (event.type === 'fault' ? [event.code] : [])),
    sent: async (method, n = 1) => {
      const found = (): SentRequest | undefined => server.sent.filter((request) => request.method === method)[n - 1]
      await until(
        () => found() !== undefined,
        () => `${method} ${n}: ${JSON.stringify(server.sent)}`,
      )
      return found() ?? { method, text: '', transactionId: '', dialogId: '', nextHop: '' }
    },
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= STEP_MS) {
        clock.advance(Math.min(left, STEP_MS))
        await roundTrip(server)
        await roundTrip(server)
      }
    },
    comes: (holds) =>
      until(
        () => {
          if (!holds()) clock.advance(LITTLE_MS)
          return holds()
        },
        () => JSON.stringify(parts.events),
      ),
    receives: (caller, statuses) =>
      until(
        () => String(caller.statuses()) === String(statuses),
        () => `${String(caller.statuses())} is not ${String(statuses)}`,
      ),
    close: async () => {
      await engine.close()
      await server.close()
    },
  }
}

/** A call of the default trunk that B1, or another backend, has answered: both sides of it. */
export async function answerDrachtioCall(harness: DrachtioHarness) {
  const caller = harness.server.receive(requestText({ body: 'v=0\r\n', extra: ['Content-Type: application/sdp'] }))
  const invite = await harness.sent('INVITE')
  harness.server.answer(invite, 200, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] })
  await harness.receives(caller, [100, 200])
  return { caller, invite }
}
