import { describe, expect, it } from '@jest/globals'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import { createReadiness } from '../../../../ingress/serve/readiness.ts'
import { createShutdown } from '../../../../ingress/serve/shutdown.ts'
import { warmUp } from '../../../../ingress/serve/warm-up.ts'
import { inventedTable, partOf } from '../../../../ingress/serve/warm-up-table.ts'
import { until } from '../../../support/cache-parts.ts'
import { ruleEntry, trunkEntry } from '../../../support/engine-harness.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** A few calls of it, however slow the machine is: the time that a warm-up has may be over after the first. */
async function outcomesOf(table: ReturnType<typeof inventedTable>): Promise<Set<string>> {
  const outcomes = new Set<string>()
  for (const call of table.calls) {
    for (const [outcome] of await warmUp({ ...table, calls: [call] }, 'info')) outcomes.add(outcome)
  }
  return outcomes
}

describe('a warm-up', () => {
  it('goes through every action, a call without a rule and one of a stranger', async () => {
    const { entries, calls } = inventedTable()
    const udp = calls.filter(({ source, transport }) => source.family === 4 && transport === 'UDP')
    const outcomes = await outcomesOf({ entries, calls: udp })
    expect(outcomes).toEqual(new Set(['forwarded', 'redirected', 'rejected', 'no_rule', 'auth_drop']))
  })

  it('makes calls that the rules of a table take, and changes nothing of the table', async () => {
    const table = createLiveTable()
    table.load([trunkEntry(), ruleEntry()], 7)
    const part = partOf(table)
    expect(part.entries).toEqual([trunkEntry(), ruleEntry()])
    expect(part.calls.map(({ called, source }) => `${source.text} ${called}`)).toEqual([
      '198.51.100.0 +15550100',
      '198.51.100.0 +12025550101',
    ])
    expect(await outcomesOf(part)).toEqual(new Set(['forwarded', 'no_rule']))
    expect([table.version, table.entries]).toEqual([7, 2])
  })

  it('is not refused by the limits of a table, and leaves them as they are', async () => {
    const limits = { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' } as const
    const table = createLiveTable()
    table.load([trunkEntry({ limits }), ruleEntry({ limits })], 1)
    const { calls, ...part } = partOf(table)
    expect(
      await warmUp({ ...part, calls: [calls[0], calls[0], calls[0]].filter((call) => call !== undefined) }, 'info'),
    ).toEqual(new Map([['forwarded', expect.any(Number)]]))
    expect([...table.trunks()][0]?.limits).toEqual(limits)
  })

  it('has nothing to do with a table that is empty', async () => {
    const table = createLiveTable()
    table.load([], 1)
    expect(await warmUp(partOf(table), 'info')).toEqual(new Map())
  })
})

describe('readiness', () => {
  function start(unready: string[]) {
    const clock = new FakeClock()
    const table = createLiveTable()
    const events: CallEvent[] = []
    const { promise: tableLoaded, resolve } = Promise.withResolvers<void>()
    const shutdown = createShutdown({ clock, settleMs: 1, drainDeadlineMs: 1, onPhase: () => undefined })
    const emit = (event: CallEvent): void => void events.push(event)
    const names = { pending: 0 }
    const core = { clock, table, tableLoaded, names, emit }
    const readiness = createReadiness({ core, logLevel: 'info', shutdown, engine: { unready } })
    let served = 0
    readiness.begin(() => void served++)
    const load = (): void => {
      table.load([trunkEntry(), ruleEntry()], 1)
      resolve()
    }
    return { clock, events, load, names, reasons: () => readiness.reasons(), served: () => served, shutdown }
  }

  it('comes after the first table and a warm-up with it, told once, and no call is told of', async () => {
    const { events, load, reasons, served } = start([])
    expect(reasons()).toEqual(['no rule table is loaded'])
    load()
    expect(reasons()).toEqual(['warming up'])
    await until(() => served() > 0)
    expect([reasons(), served(), events]).toEqual([[], 1, []])
  })

  it('waits for the engine as well', async () => {
    const unready = ['the drachtio-server has not answered yet']
    const { clock, load, reasons, served } = start(unready)
    load()
    await until(() => reasons().length === 1)
    clock.advance(10_000)
    expect(served()).toBe(0)
    unready.pop()
    clock.advance(1_000)
    expect([reasons(), served()]).toEqual([[], 1])
  })

  it('waits for the first answers about names of backends, but not for long', async () => {
    const waiting = 'waiting for the first answers of DNS about the names of backends'
    const { clock, load, names, reasons, served } = start([])
    names.pending = 2
    load()
    await until(() => reasons().join() === waiting)
    clock.advance(4_000)
    expect(served()).toBe(0)
    names.pending = 0
    clock.advance(1_000)
    expect([reasons(), served()]).toEqual([[], 1])
    // Names of a later table keep no pod from its calls.
    names.pending = 1
    expect(reasons()).toEqual([])
    const slow = start([])
    slow.names.pending = 1
    slow.load()
    await until(() => slow.reasons().join() === waiting)
    slow.clock.advance(5_000)
    expect([slow.reasons(), slow.served()]).toEqual([[], 1])
  })

  it('does not come to a process that has been told to go', async () => {
    const { clock, load, reasons, served, shutdown } = start([])
    void shutdown.leave(() => 1, new AbortController().signal)
    load()
    await until(() => !reasons().includes('warming up'))
    clock.advance(10_000)
    expect([reasons(), served()]).toEqual([[expect.stringContaining('shutting down')], 0])
  })
})
