import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { ClientBench } from '../../../../../support/client-transaction-bench.ts'
import { ServerBench } from '../../../../../support/server-transaction-bench.ts'

type Event =
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'request' | 'ack' | 'start' | 'transportError' | 'destroy' }

const STATUSES = [100, 180, 199, 200, 299, 300, 408, 486, 503, 699]

const wait = fc.record({ type: fc.constant('wait' as const), ms: fc.nat(12_000) })
const response = fc.record({ type: fc.constant('response' as const), status: fc.constantFrom(...STATUSES) })
const rare = fc.record({ type: fc.constantFrom('request', 'ack', 'start', 'transportError', 'destroy') })
const events = fc.array(
  fc.oneof({ weight: 3, arbitrary: wait }, { weight: 4, arbitrary: response }, { weight: 2, arbitrary: rare }),
  { maxLength: 30 },
)
const kind = fc.constantFrom('invite' as const, 'non-invite' as const)

function feedServer(bench: ServerBench, event: Event): void {
  if (event.type === 'wait') bench.clock.advance(event.ms)
  if (event.type === 'response') bench.respond(event.status)
  if (event.type === 'request') bench.transaction.receiveRequest()
  if (event.type === 'ack') bench.transaction.receiveAck()
  if (event.type === 'destroy') bench.transaction.destroy()
}

function feedClient(bench: ClientBench, event: Event): void {
  if (event.type === 'wait') bench.clock.advance(event.ms)
  if (event.type === 'response') bench.receive(event.status)
  if (event.type === 'start') bench.start()
  if (event.type === 'transportError') bench.transaction.onFailure(new Error('transport error'))
  if (event.type === 'destroy') bench.transaction.destroy()
}

/** The statuses from 200 to 699 that went out, without their times. */
function finals(sent: readonly string[]): number[] {
  return sent.map((line) => Number(line.split(' ')[1])).filter((status) => status >= 200)
}

describe('a server transaction under any sequence of events', () => {
  it('always ends once there is a final response, and is silent from then on', () => {
    fc.assert(
      fc.property(kind, fc.boolean(), fc.boolean(), events, (kind, reliable, delivers, sequence) => {
        const bench = new ServerBench({ kind, reliable, delivers })
        for (const event of sequence) feedServer(bench, event)
        bench.respond(500)
        bench.clock.advance(32_000)
        expect(bench.transaction.state).toBe('Terminated')
        expect([bench.clock.pending, bench.responses.size]).toEqual([0, 0])
        const { length } = bench.sent
        for (const event of sequence) feedServer(bench, event)
        expect(bench.sent).toHaveLength(length)
        expect(bench.reports.filter((line) => line.endsWith(' terminated'))).toHaveLength(1)
        expect(bench.reports.at(-1)).toMatch(/ terminated$/)
      }),
    )
  })

  it('sends one final response and repeats of it, or any number of 2xx', () => {
    fc.assert(
      fc.property(kind, fc.boolean(), events, (kind, reliable, sequence) => {
        const bench = new ServerBench({ kind, reliable })
        for (const event of sequence) feedServer(bench, event)
        bench.clock.advance(40_000)
        const statuses = finals(bench.sent)
        const first = statuses[0] ?? 0
        expect(bench.transaction.finalStatus).toBe(first)
        const allowed = (status: number): boolean =>
          status === first || (kind === 'invite' && first < 300 && status < 300)
        expect(statuses.filter((status) => !allowed(status))).toEqual([])
      }),
    )
  })
})

describe('a client transaction under any sequence of events', () => {
  it('always ends once there is a final response, and lets nothing out or up from then on', () => {
    fc.assert(
      fc.property(kind, fc.boolean(), events, (kind, reliable, sequence) => {
        const bench = new ClientBench({ kind, reliable })
        for (const event of sequence) feedClient(bench, event)
        bench.start()
        bench.receive(500)
        bench.clock.advance(32_000)
        expect(bench.transaction.state).toBe('Terminated')
        expect(bench.clock.pending).toBe(0)
        const lengths = [bench.sent.length, bench.up.length]
        for (const event of sequence) feedClient(bench, event)
        expect([bench.sent.length, bench.up.length]).toEqual(lengths)
        expect(bench.up.filter((line) => line.endsWith(' terminated'))).toHaveLength(1)
        expect(bench.up.at(-1)).toMatch(/ terminated$/)
      }),
    )
  })

  it('passes one final response up, or any number of 2xx to an INVITE, and no trouble after it', () => {
    fc.assert(
      fc.property(kind, fc.boolean(), events, (kind, reliable, sequence) => {
        const bench = new ClientBench({ kind, reliable }).start()
        for (const event of sequence) feedClient(bench, event)
        const up = bench.up.map((line) => line.slice(line.indexOf(' ') + 1))
        const from = up.findIndex((what) => Number(what) >= 200)
        const after = from < 0 ? [] : up.slice(from + 1).filter((what) => what !== 'terminated')
        const isRepeat = (what: string): boolean => kind === 'invite' && Number(up[from]) < 300 && /^2\d\d$/.test(what)
        expect(after.filter((what) => !isRepeat(what))).toEqual([])
        expect(bench.transaction.finalStatus).toBe(from < 0 ? 0 : Number(up[from]))
      }),
    )
  })
})
