import { describe, expect, it } from '@jest/globals'
import { type Scenario, tableOf } from '../../../../bench/engine/calls.ts'
import { type Bench, startBench } from '../../../../bench/engine/rounds.ts'
import { measuredStages } from '../../../../bench/engine/stages.ts'
import { ROOT } from '../../../docs/commands-of-page.ts'
import { ruleEntry, trunkEntry } from '../../../support/engine-harness.ts'

const RULES = 20
const CALLS = 50
const WRONG = /^ENGINE_BENCH_WRONG_ANSWER: /

function started(scenario: Scenario): Promise<Bench> {
  return startBench({ root: ROOT, scenario, rules: RULES, callsPerSecond: 1000 })
}

/** Packets of each kind of call, and its stages. */
const PARTS: readonly (readonly [Scenario, readonly string[], string])[] = [
  ['refused', ['INVITE', 'ACK', 'timers that are due'], 'answer written: 503'],
  [
    'forwarded',
    [
      ...['INVITE', 'from backend: 180', 'from backend: 200', 'ACK', 'BYE', 'from backend: 200 (BYE)'],
      'timers that are due',
    ],
    'forwarded request written',
  ],
  ['stranger', ['INVITE', 'timers that are due'], 'decision: trunk, rule'],
]

describe('the bench of the engine', () => {
  it.each(PARTS)('measures whole calls, packets and stages: %s', async (scenario, packets, stage) => {
    const bench = await started(scenario)
    const round = bench.round(CALLS)
    expect(round).toMatchObject({ calls: CALLS, nanoseconds: expect.any(Number) })
    expect(round.heapBytes).toBeGreaterThan(bench.emptyRound(CALLS).heapBytes)
    expect(bench.packets(2).map(({ name }) => name)).toEqual(packets)
    expect(bench.emptyPackets(2).map(({ name }) => name)).toEqual(packets.slice(0, -1))
    expect(measuredStages(bench, scenario, 2).map(({ name }) => name)).toContain(stage)
    await bench.end()
  })

  it('has no figure for a forwarded call that is refused', async () => {
    const bench = await started('forwarded')
    bench.product.table.load(tableOf(0), 2)
    expect(() => bench.round(CALLS)).toThrow(WRONG)
    expect(() => bench.packets(1)).toThrow(WRONG)
  })

  it('has no figure for a refused call that is forwarded', async () => {
    const bench = await started('refused')
    const rule = ruleEntry({ name: 'voice/all', namespace: 'voice', called: [{ type: 'prefix', value: '+49' }] })
    bench.product.table.load([...tableOf(RULES), rule], 2)
    expect(() => bench.round(CALLS)).toThrow(WRONG)
  })

  it("has no figure for a stranger's call that is answered", async () => {
    const bench = await started('stranger')
    bench.product.table.load([trunkEntry({ sources: ['198.18.0.0/15'] })], 2)
    expect(() => bench.round(CALLS)).toThrow(WRONG)
  })

  it('has no figure for stages that do something else than a call of the scenario', async () => {
    const bench = await started('refused')
    expect(() => measuredStages(bench, 'forwarded', 1)).toThrow(/^ENGINE_BENCH_STAGES: /)
    await bench.end()
  })

  it('does not end well while a transaction of a call is open', async () => {
    const bench = await started('forwarded')
    bench.calls.steps[0]?.run(1)
    await expect(bench.end()).rejects.toThrow(/^ENGINE_BENCH_OPEN: /)
  })
})
