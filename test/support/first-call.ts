/**
 * The call that gave rise to this project, on either engine and a fake clock: an INVITE, and a caller that hangs up after 13.1
 * s. The reported system sent 100 at 5 ms and 180 at 15 ms, decided at 77 ms that no rule matched, and sent nothing more; its
 * log named a 486.
 */
import { createCallLog } from '../../ingress/log/call-log.ts'
import { createLogger } from '../../ingress/log/logger.ts'
import { createMetrics } from '../../ingress/metrics/metrics.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { until } from './cache-parts.ts'
import { startDrachtioHarness } from './drachtio-harness.ts'
import { type ApplicationParts, PEER, STRANGER, startHarness } from './engine-harness.ts'
import type { FakeClock } from './fake-clock.ts'
import { headerOf, requestText, statusOf } from './sip-text.ts'

/** Milliseconds after the INVITE: when the caller hangs up, and when every timer of the call has expired. */
export const HUNG_UP_AT = 13_100
const OVER_AT = 80_000

/** Milliseconds between two looks of the caller for packets. */
const STEP_MS = 100

export interface FirstCall {
  /** `null`: no table was ever loaded. */
  readonly entries?: readonly TableEntry[] | null
  readonly from: 'peer' | 'stranger'
  /** Set where time has to pass before the answer comes. */
  readonly slow?: true
}

export interface FirstCallEnd {
  /** Responses to the INVITE as `milliseconds status`, without repeats. */
  readonly responses: readonly string[]
  /** Transactions that are still open at the end. */
  readonly open: number
  /** Series of `invites_total` that are not 0. */
  readonly counted: readonly string[]
  readonly unanswered: readonly string[]
  /** The log line of the call. */
  readonly line: Readonly<Record<string, unknown>>
}

export async function firstCallOnNative({ entries, from }: FirstCall): Promise<FirstCallEnd> {
  const harness = await startHarness(entries === undefined ? {} : { entries })
  const { clock, network } = harness
  const place = from === 'peer' ? PEER : STRANGER
  const invite = inviteFrom(place)
  network.deliver(place, invite)
  let acknowledged = false
  while (clock.now() < HUNG_UP_AT) {
    if (!acknowledged) acknowledged = acknowledgeFinal(harness, place, invite)
    clock.advance(STEP_MS)
  }
  network.deliver(place, invite.replace(/^INVITE/, 'CANCEL').replace('1 INVITE', '1 CANCEL'))
  clock.advance(OVER_AT)
  const packets = harness.packetsTo(place).filter(({ text }) => headerOf(text, 'CSeq')[0]?.endsWith('INVITE'))
  const responses = packets.map(({ at, text }) => `${at} ${statusOf(text)}`)
  return { responses, open: harness.engine.openTransactions, ...(await reportsOf(clock, harness)) }
}

/** RFC 3261 §17.1.1.3. False where there is no final response yet. */
function acknowledgeFinal(harness: Awaited<ReturnType<typeof startHarness>>, place: string, invite: string): boolean {
  const final = harness.sentTo(place).find((text) => statusOf(text) >= 300)
  if (final === undefined) return false
  const to = headerOf(final, 'To')[0] ?? ''
  const ack = invite.replace(/^INVITE/, 'ACK').replace('1 INVITE', '1 ACK')
  harness.network.deliver(place, ack.replace(/^To: .*$/m, `To: ${to}`))
  return true
}

/** The server itself sends 100 before it passes the INVITE on, and keeps the caller's transaction. */
export async function firstCallOnDrachtio({ entries, from, slow }: FirstCall): Promise<FirstCallEnd> {
  const harness = await startDrachtioHarness(entries === undefined ? {} : { entries })
  const { clock, server } = harness
  const startedAt = clock.now()
  const elapsed = (): number => clock.now() - startedAt
  const caller = await (async () => {
    try {
      const [address = ''] = (from === 'peer' ? PEER : STRANGER).split(':')
      const transaction = server.receive(inviteFrom(`${address}:5060`), { address })
      const answered = (): boolean => transaction.statuses().some((status) => status >= 200)
      await (slow ? harness.comes(answered) : until(answered))
      return {
        transaction,
        responses: transaction.statuses().map((status) => `${status === 100 ? 0 : elapsed()} ${status}`),
      }
    } catch (error) {
      await harness.close()
      throw error
    }
  })()
  clock.advance(HUNG_UP_AT - elapsed())
  server.cancel(caller.transaction)
  const open = harness.engine.openTransactions
  await harness.close()
  const late = caller.transaction.statuses().slice(caller.responses.length)
  const responses = [...caller.responses, ...late.map((status) => `${HUNG_UP_AT} ${status}`)]
  return { responses, open, ...(await reportsOf(clock, harness)) }
}

function inviteFrom(place: string): string {
  return requestText({ via: `SIP/2.0/UDP ${place};branch=z9hG4bK-first`, callId: 'first' })
}

/** The results of the events in metrics and log. */
async function reportsOf(
  clock: FakeClock,
  { events, table }: Pick<ApplicationParts, 'events' | 'table'>,
): Promise<Pick<FirstCallEnd, 'counted' | 'unanswered' | 'line'>> {
  const now = (): number => clock.now()
  const metrics = createMetrics({
    version: 'x',
    engine: 'x',
    installation: undefined,
    ruleSeries: 10,
    now,
    wallClock: now,
  })
  const { version, entries, ruleNames, backendNames, names } = table
  const trunks = [...table.trunks()]
  if (table.loaded) metrics.tableChanged({ version, entries, ruleNames, backendNames, names, trunks })
  const lines: string[] = []
  const logger = createLogger('info', { write: (text) => void lines.push(text) })
  const log = createCallLog({ logger, callsPerSecond: 200, clock })
  for (const event of events) {
    metrics.onEvent(event)
    log.onEvent(event)
  }
  log.close()
  const samples = (await metrics.text()).split('\n').filter((sample) => !sample.endsWith(' 0'))
  const series = (name: string): string[] => samples.filter((sample) => sample.startsWith(`sip_dispatch_${name}{`))
  const decided = lines
    .map((text): Record<string, unknown> => JSON.parse(text))
    .filter(({ msg }) => msg === 'call decided')
  if (decided.length !== 1) throw new Error(`FIRST_CALL_LINES: ${decided.length} lines about one call`)
  return {
    counted: series('invites_total'),
    unanswered: series('invites_unanswered_total'),
    line: decided[0] ?? {},
  }
}
